"""How many runs may be active: as many as memory allows. Knows no run; it counts bytes and says no in one sentence."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from model import sizes
from model.config import RunConfig

WORKER_BYTES = 60_000_000  # a worker's own memory over that shared with the forkserver, for the classroom model
RESERVE_BYTES = 400_000_000  # stays free for the web process and the machine
_GROUP = Path("/sys/fs/cgroup")  # a container's limit is not seen by psutil


@dataclass(frozen=True)
class Admission:
    """The rule by which a run gets a place. `max_workers` caps their number (0: memory alone decides)."""

    max_workers: int = 0
    reserve: int = RESERVE_BYTES

    @classmethod
    def from_environment(cls) -> "Admission":
        """Read GLASSBOX_MAX_WORKERS, if it is set."""
        return cls(max_workers=int(os.environ.get("GLASSBOX_MAX_WORKERS") or 0))

    def refusal(self, need: int, n_workers: int, promised: int) -> str:
        """Say why a run that needs so many bytes has to wait, or "" when it may start.

        `promised` bytes belong to workers so young that they do not use them yet.
        """
        crowded = self.max_workers and n_workers >= self.max_workers
        if not crowded and available_bytes() - promised - self.reserve >= need:
            return ""
        taken = f"{n_workers} run{' is' if n_workers == 1 else 's are'} active"
        return f"Every place on this server is taken ({taken}): this run starts by itself when one is free."


def need_of(config: RunConfig) -> int:
    """Estimate the bytes a run's worker takes for itself: the process, weights with their moments, activations."""
    return WORKER_BYTES + 16 * config.model.n_parameters + sizes.activation_bytes(config.model, config.batch)


def available_bytes() -> int:
    """Return the memory that can still be taken, by the machine's count and by the container's."""
    machine = int(psutil.virtual_memory().available)
    try:
        limit, used = ((_GROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
        reclaimable = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())["inactive_file"]
    except (OSError, KeyError):
        return machine
    return machine if limit == "max" else min(machine, int(limit) - int(used) + int(reclaimable))
