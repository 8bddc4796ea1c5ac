"""Train the run that ships with the project and put it into assets/runs/: the classroom preset, 1,000 steps of names.

It is trained the way every visitor's run is, by a supervisor and its worker. What ships is its history and its
weights; the optimizer's memory, twice the weights, stays behind, and a fork starts with a fresh one.
"""

import json
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from model.config import PRESETS
from model.runs.client import Client
from model.runs.launch import start_supervisor, stop_supervisor
from model.runs.store import SHIPPED, RunFolder, pack_meta, read_meta

ID = "c1a55" + "0" * 27
NAME = "shipped run"
MAX_BYTES = 1_000_000
SECONDS = 300


def train(home: Path) -> RunFolder:
    """Train the preset to its end in `home`; returns where its last save lies."""
    supervisor = start_supervisor(home)
    try:
        client, key = Client(home), "0" * 32
        run = client.create(PRESETS["classroom"].config, key, name=NAME)
        deadline = time.monotonic() + SECONDS
        while client.runs(key)[0].state != "finished":
            if time.monotonic() > deadline:
                sys.exit(f"the run did not finish in {SECONDS} s")
            time.sleep(0.5)
        print(json.dumps({"loss": client.runs(key)[0].loss, "steps": client.runs(key)[0].step}))
    finally:
        stop_supervisor(supervisor)
    return RunFolder(home / "runs" / run)


def ship(trained: RunFolder, target: Path) -> int:
    """Copy what ships of a trained run to `target`; returns its bytes."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shipped = RunFolder(target)
    shipped.write_card(replace(trained.card(), id=ID, owner="", intention="paused"))
    meta = read_meta(trained.state_path)
    meta["status"]["snapshots"] = []
    tensors = {name: t for name, t in load_file(trained.state_path).items() if not name.startswith("optimizer/")}
    shipped.state_path.write_bytes(save(tensors, pack_meta(meta)))
    for name in ("points.f32", "losses.f32"):
        shutil.copyfile(trained.path / name, target / name)
    assert all(np.isfinite(t).all() for t in tensors.values() if t.dtype.kind == "f"), "a weight is not finite"
    return sum(file.stat().st_size for file in target.iterdir())


def main() -> None:
    """Train, ship, and refuse to ship too much."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home:
        size = ship(train(Path(home)), SHIPPED / ID)
    print(f"assets/runs/{ID}: {size:,} bytes")
    if size > MAX_BYTES:
        sys.exit(f"the shipped run may have {MAX_BYTES:,} bytes; this one has {size:,}")


if __name__ == "__main__":
    main()
