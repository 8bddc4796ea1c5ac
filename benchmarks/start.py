"""Worker start → first step: from asking for a run to the first frame with a step in it, with a warm forkserver.

It includes making the model and the data, and the wait until the worker publishes.
"""

import time

from benchmarks.hosted import CLASSROOM, KEY, Observer, hosted
from benchmarks.report import median, percentile, report

N_STARTS = 10


def main() -> None:
    seconds = []
    with hosted() as (client, _):
        for seed in range(N_STARTS):
            asked = time.monotonic()
            run = client.create(CLASSROOM.replace(seed=seed, n_steps=100_000), KEY)
            with Observer(client, run) as observer:
                observer.wait(lambda observer=observer: observer.step >= 1, 20)
                seconds.append(time.monotonic() - asked)
            client.command(run, KEY, "delete")
    figures = {"start_to_first_step_seconds": median(seconds), "slowest_of_10_seconds": percentile(seconds, 1.0)}
    report("start", figures, {"start_to_first_step_seconds": "<= 0.3"})


if __name__ == "__main__":
    main()
