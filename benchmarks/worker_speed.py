"""Steps a second of a hosted worker (saving, statistics, samples and its log on) ÷ those of a plain training loop.

Both run the classroom model on the same names; windows of the two alternate, with the other one stopped.
"""

import random

import torch

from benchmarks.hosted import ENDLESS, KEY, Observer, hosted
from benchmarks.plain_loop import PlainLoop, steps_per_second
from benchmarks.report import median, percentile, report

N_PAIRS, SECONDS = 12, 5.0


def main() -> None:
    worker, plain = [], []
    torch.set_num_threads(1)
    loop = PlainLoop([random.randrange(27) for _ in range(100_000)], vocab_size=27)
    with hosted() as (client, _):
        run = client.create(ENDLESS, KEY)
        with Observer(client, run) as observer:
            observer.wait(lambda: observer.step >= 100, 60)
            steps_per_second(loop, 1.0)
            for _ in range(N_PAIRS):
                client.command(run, KEY, "start")
                observer.wait(lambda: observer.state == "training", 10)
                worker.append(observer.steps_per_second(SECONDS))
                client.command(run, KEY, "pause")
                observer.wait(lambda: observer.state == "paused", 10)
                plain.append(steps_per_second(loop, SECONDS))
    ratios = [w / p for w, p in zip(worker, plain, strict=True)]
    figures = {
        "ratio": median(ratios), "ratio_p10": percentile(ratios, 0.1), "ratio_p90": percentile(ratios, 0.9),
        "worker_steps_per_second": median(worker), "plain_steps_per_second": median(plain), "pairs": N_PAIRS,
    }
    report("worker_speed", figures, {"ratio": ">= 1.15"})


if __name__ == "__main__":
    main()
