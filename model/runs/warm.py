"""Everything a worker needs, imported and used once before any worker is forked: its first step then takes 50 ms."""

from dataclasses import replace

import safetensors.torch
import torch

from model.config import RunConfig
from model.datasets import load_dataset
from model.training import Trainer

_TINY = RunConfig().replace(dataset="copy", n_layers=1, n_heads=2, d_model=8, d_mlp=8, block_size=16, n_steps=2)


def take_one_step() -> None:
    """Train, evaluate, look, sample and serialise a tiny model with one thread, as a worker will."""
    torch.set_num_threads(1)
    dataset = load_dataset(_TINY.data)
    for optimizer in ("adamw", "muon"):
        trainer = Trainer(replace(_TINY, train=replace(_TINY.train, optimizer=optimizer)), dataset)
        trainer.train_step(measure=True)
        trainer.train_step()
        trainer.statistics()
        trainer.probe(["blocks.0.attn.pattern"])
        trainer.sample(1, 2)
        safetensors.torch.save(trainer.state()[0])
