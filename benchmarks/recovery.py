"""kill -9 of a worker: how long until it trains again, how much training is lost, and whether it learns the same.

Lost training is counted in seconds at the speed of the run: from the step it was at to the step it resumed from. The
same configuration trained without a break must have the same loss at every step, to the last bit.
"""

import time

import numpy as np

from benchmarks.hosted import CLASSROOM, KEY, Observer, hosted
from benchmarks.report import median, report
from model.runs.client import Client
from tools.app_process import busiest_process

N_KILLS, N_STEPS, SECONDS_BEFORE = 3, 1500, 3.0


def kill_once(client: Client, supervisor: int, seed: int) -> tuple[float, float, dict[int, float]]:
    """Seconds until new steps came, seconds of training lost, and every loss of the whole run."""
    run = client.create(CLASSROOM.replace(n_steps=N_STEPS, seed=seed), KEY)
    with Observer(client, run) as observer:
        observer.wait(lambda: observer.step > 10, 20)
        speed = observer.steps_per_second(SECONDS_BEFORE)
        worker = busiest_process(supervisor)
        reached, n_frames = observer.step, len(observer.frames)
        worker.kill()
        killed = time.monotonic()
        observer.wait(lambda: any(h["kind"] == "rewind" for _, h in observer.frames[n_frames:]), 20)
        resumed = next(h["step"] for _, h in observer.frames[n_frames:] if h["kind"] == "rewind")
        observer.wait(lambda: observer.step > resumed, 20)
        seconds = time.monotonic() - killed
        observer.wait(lambda: observer.step >= N_STEPS, 600)
        return seconds, (reached - resumed) / speed, dict(observer.losses)


def unbroken(client: Client, seed: int) -> dict[int, float]:
    """Every loss of the same run, left alone."""
    with Observer(client, client.create(CLASSROOM.replace(n_steps=N_STEPS, seed=seed), KEY)) as observer:
        observer.wait(lambda: observer.step >= N_STEPS, 600)
        return dict(observer.losses)


def main() -> None:
    with hosted() as (client, supervisor):
        killed = [kill_once(client, supervisor, seed) for seed in range(N_KILLS)]
        reference = unbroken(client, 0)
    assert killed[0][2].keys() == reference.keys(), "a step has no loss"
    difference = np.abs([killed[0][2][step] - loss for step, loss in reference.items()]).max()
    figures = {
        "training_again_seconds": median([k[0] for k in killed]),
        "slowest_seconds": max(k[0] for k in killed),
        "training_lost_seconds": max(k[1] for k in killed),
        "largest_loss_difference": float(difference),
        "steps_compared": len(reference),
    }
    bars = {"slowest_seconds": "<= 5", "training_lost_seconds": "<= 2", "largest_loss_difference": "== 0"}
    report("recovery", figures, bars)


if __name__ == "__main__":
    main()
