"""What the recipes reach: names with the classroom model; TinyShakespeare with nanoGPT's recipe and the speedrun.

TinyShakespeare is read from GLASSBOX_HOME/datasets; without the file its part says "not run". Validation there is the
first 65,536 characters of the last tenth, whole, and processor seconds are those of the training steps alone.
`python -m benchmarks.recipes [names|shakespeare]`; about three minutes for both.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.report import median, report
from model.config import PRESETS
from model.datasets import load_dataset
from model.download import shakespeare_path
from model.measure import evaluate
from model.pools import Windows
from model.records import Batch
from model.training import Trainer

TARGET = 1.88
N_CHARACTERS = 65_536
BARS = {
    "names.validation": "<= 2.35",
    "names.ended_within_15": ">= 0.9",
    "shakespeare.nanogpt_validation": "<= 1.93",
    "shakespeare.seconds_ratio": "<= 0.12",
}


def names() -> dict[str, object]:
    """The classroom model after 1,000 steps on first names."""
    config = PRESETS["classroom"].config.replace(n_steps=1000, eval_every=100_000)
    trainer = Trainer(config, load_dataset(config.data))
    while not trainer.is_finished:
        trainer.train_step()
    texts = trainer.sample(500, 40, seed=1)
    return {
        "validation": round(trainer.evaluate()[0], 4),
        "ended_within_15": sum(len(text) <= 15 for text in texts) / len(texts),
        "examples": texts[:5],
    }


class Recipe:
    """A preset on TinyShakespeare with the processor seconds that its training steps take."""

    def __init__(self, key: str, home: Path, seed: int = 1337) -> None:
        config = PRESETS[key].config.replace(seed=seed, eval_every=100_000)
        self.trainer = Trainer(config, load_dataset(config.data, home=home))
        self.batches = whole_validation(self.trainer, home)
        self.seconds = 0.0

    def train(self, n_steps: int) -> None:
        """Up to `n_steps` more steps."""
        started = time.process_time()
        for _ in range(min(n_steps, self.trainer.config.train.n_steps - self.trainer.step)):
            self.trainer.train_step()
        self.seconds += time.process_time() - started

    def validation(self) -> float:
        """Loss over the whole stretch; not counted as training."""
        return evaluate(self.trainer.model, self.batches)[0]


def whole_validation(trainer: Trainer, home: Path) -> list[Batch]:
    """Every target of the validation stretch once, in windows of block_size."""
    text = shakespeare_path(home).read_text("utf-8")
    stretch = text[int(0.9 * len(text)) :][: N_CHARACTERS + 1]
    windows = Windows(np.array(trainer.dataset.tokenizer.encode(stretch)))
    block_size = trainer.config.model.block_size
    starts = np.arange(0, N_CHARACTERS, block_size)
    return [windows.take(starts[i : i + 64], block_size) for i in range(0, len(starts), 64)]


def speedrun(home: Path, seed: int) -> dict[str, float]:
    """The speedrun preset until it has reached the target; looked at every 5 steps towards the end."""
    fast = Recipe("speedrun", home, seed)
    fast.train(int(0.85 * fast.trainer.config.train.n_steps))
    loss = fast.validation()
    while loss > TARGET and not fast.trainer.is_finished:
        fast.train(5)
        loss = fast.validation()
    return {"seed": seed, "step": fast.trainer.step, "validation": round(loss, 4), "seconds": round(fast.seconds, 2)}


def shakespeare(home: Path) -> dict[str, object]:
    """nanoGPT's 2,000 steps and, spread between them, three speedruns from three seeds."""
    slow, runs = Recipe("nanogpt", home), []
    for seed in (1337, 1338, 1339):  # in turns, so that a slow minute of the machine is everybody's
        slow.train(slow.trainer.config.train.n_steps // 6)
        runs.append(speedrun(home, seed))
        slow.train(slow.trainer.config.train.n_steps // 6)
    slow.train(slow.trainer.config.train.n_steps)
    figures = {"nanogpt_validation": round(slow.validation(), 4), "nanogpt_seconds": round(slow.seconds, 2)}
    has_arrived = all(run["validation"] <= TARGET for run in runs)
    ratio = median([run["seconds"] / slow.seconds for run in runs]) if has_arrived else "1.88 was not reached"
    return figures | {"speedruns": runs, "seconds_ratio": ratio}


def main(parts: list[str]) -> None:
    torch.set_num_threads(1)
    home = Path(os.environ.get("GLASSBOX_HOME", Path.home() / ".glassbox"))
    figures: dict[str, object] = {}
    if "names" in parts:
        figures["names"] = names()
    if "shakespeare" in parts:
        figures["shakespeare"] = shakespeare(home) if shakespeare_path(home).is_file() else "not run"
    report("recipes", figures, BARS)


if __name__ == "__main__":
    main(sys.argv[1:] or ["names", "shakespeare"])
