"""Which states of a run are kept to go back to: step 0 and then at growing distances, within a budget of bytes."""

from model.runs.store import RunFolder

MAX_SNAPSHOTS = 12
MAX_BYTES = 20_000_000  # a run, on disk
_FIRST_DISTANCE = 10  # steps


def is_snapshot_due(step: int) -> bool:
    """Say whether the state after this step is kept at first: 18 in every tenfold, so ever more rarely."""
    decade = int("1" + "0" * (len(str(step)) - 1))
    return step % max(_FIRST_DISTANCE, decade // 2) == 0


def prune_snapshots(folder: RunFolder) -> None:
    """Remove states until few enough are left: those that leave the smallest gap for their age go first."""
    steps = folder.snapshots()
    sizes = {step: folder.snapshot_path(step).stat().st_size for step in steps}
    while len(steps) > MAX_SNAPSHOTS or sum(sizes[step] for step in steps) > MAX_BYTES:
        least = least_missed(steps)
        steps.remove(least)
        folder.snapshot_path(least).unlink()


def least_missed(steps: list[int]) -> int:
    """Return which of these steps (ascending) to give up: never the first or the newest while there are others."""
    if len(steps) < 3:
        return steps[0]
    newest = steps[-1]
    neighbours = zip(steps[:-2], steps[1:-1], steps[2:], strict=True)
    gaps = {step: (after - before) / (newest - before) for before, step, after in neighbours}
    return min(gaps, key=gaps.__getitem__)
