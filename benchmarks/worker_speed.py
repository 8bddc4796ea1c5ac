"""Steps a second of a hosted worker (saving, statistics, samples and its log on) ÷ those of a plain training loop.

Both run the classroom model on the same names; windows of the two alternate, with the other one stopped. The plain loop
never validates: so the ratio is that of a worker which seldom does, and beside it stands that of one with the usual
validation every 50 steps.
"""

import random
from contextlib import ExitStack

import torch

from benchmarks.hosted import ENDLESS, KEY, Observer, hosted
from benchmarks.plain_loop import PlainLoop, steps_per_second
from benchmarks.report import median, report, spread
from model.config import RunConfig
from model.runs.client import Client

N_PAIRS, SECONDS = 12, 5.0
N_PROCESSES = 4  # that the pairs go through in turn: where a process happens to lie in memory is worth 2 % of its speed
SELDOM = ENDLESS.replace(eval_every=500)


def main() -> None:
    """Print the figures as JSON."""
    torch.set_num_threads(1)
    tokens = [random.randrange(27) for _ in range(100_000)]
    speeds: dict[str, list[float]] = {"plain": [], "seldom": [], "usual": []}
    with hosted() as (client, _), ExitStack() as stack:
        observers = {name: [stack.enter_context(fresh(client, config)) for _ in range(N_PROCESSES)]
                     for name, config in (("seldom", SELDOM), ("usual", ENDLESS))}  # fmt: skip
        for i in range(N_PAIRS):
            for name in sorted(speeds, reverse=bool(i % 2)):
                speeds[name].append(window(client, observers[name][i % N_PROCESSES]) if name in observers
                                    else steps_per_second(PlainLoop(tokens, vocab_size=27), SECONDS))  # fmt: skip
    seldom_ratios, usual_ratios = ([w / p for w, p in zip(speeds[name], speeds["plain"], strict=True)]
                                   for name in ("seldom", "usual"))  # fmt: skip
    figures = {
        **spread("ratio", seldom_ratios), **spread("ratio_validating_every_50", usual_ratios),
        **{f"{name}_steps_per_second": median(found) for name, found in speeds.items()}, "pairs": N_PAIRS,
    }  # fmt: skip
    report("worker_speed", figures, {"ratio": ">= 1.15"})


def fresh(client: Client, config: RunConfig) -> Observer:
    """An observer of a new run that has trained for a while and stands."""
    observer = Observer(client, client.create(config, KEY))
    observer.wait(lambda: observer.step >= 100, 60)
    client.command(observer.run, KEY, "pause")
    observer.wait(lambda: observer.state == "paused", 10)
    return observer


def window(client: Client, observer: Observer) -> float:
    """Steps a second of a run that trains in this window only."""
    client.command(observer.run, KEY, "start")
    observer.wait(lambda: observer.state == "training", 10)
    speed = observer.steps_per_second(SECONDS)
    client.command(observer.run, KEY, "pause")
    observer.wait(lambda: observer.state == "paused", 10)
    return speed


if __name__ == "__main__":
    main()
