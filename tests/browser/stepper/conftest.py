"""Traces of the model's own for the stepper's modules: of fresh models, and of models after two steps of training."""

import base64
import json

import pytest
import torch

from model.config import PRESETS, DataConfig, ModelConfig, RunConfig, TrainConfig
from model.datasets import load_dataset
from model.trace_manifest import manifest, with_words
from model.training import Trainer

FRESH_SIZE = {"n_heads": 2, "d_model": 8, "d_mlp": 16, "block_size": 8}
FRESH = {
    "classroom": {},
    "no layers": {"n_layers": 0, "positions": "none", "norm": "none"},
    "no mlp, tied": {"has_mlp": False, "tied_embeddings": True},
    "post-norm": {"norm_placement": "post", "positions": "sinusoidal"},
    "gated": {"positions": "rope", "qk_norm": True, "norm": "rmsnorm", "activation": "swiglu", "norm_embedding": True},
    "no residual": {"has_residual": False, "positions": "alibi"},
    "six layers": {"n_layers": 6},
}
OPEN = """
  const { TraceStore } = await import("/stepper/trace.js");
  const { StepState } = await import("/stepper/state.js");
  const asked = [];
  const store = new TraceStore(async (hash) => { asked.push(hash); return bytes(value.blobs[hash]); });
  store.open(JSON.parse(value.manifest));
  const state = new StepState(store);
"""
TRAINED_SIZE = {"n_heads": 2, "d_model": 8, "d_mlp": 12, "block_size": 7, "batch_size": 4, "dataset": "names"}
TRAINED = {
    **{key: {"preset": key} for key in PRESETS},
    "sgd": {"optimizer": "sgd", "positions": "alibi", "norm": "batchnorm", "activation": "tanh", "has_residual": False},
    "momentum": {"optimizer": "momentum", "positions": "rope", "activation": "relu2", "qk_norm": True},
    "rmsprop": {"optimizer": "rmsprop", "positions": "sinusoidal", "activation": "silu", "norm_placement": "post"},
    "adam": {"optimizer": "adam", "positions": "none", "norm": "none", "tied_embeddings": True, "grad_clip": 0.0},
    "muon": {"optimizer": "muon", "activation": "swiglu", "schedule": "linear", "warmup_steps": 9},
    "small clip": {"grad_clip": 0.01, "activation": "identity", "norm": "rmsnorm", "has_bias": False},
}  # fmt: skip
READY = """
  const { TraceStore } = await import("/stepper/trace.js");
  const { StepState } = await import("/stepper/state.js");
  const store = new TraceStore(async (hash) => bytes(value.blobs[hash]));
  const manifest = JSON.parse(value.manifest);
  store.open(manifest);
  await store.prepare(manifest, Object.keys(manifest.blobs));
  const state = new StepState(store);
  const of = (name) => store.producerOf(name);
"""
SHOWN = """
  const { Painter } = await import("/base/paint.js");
  const { Card } = await import("/stepper/card.js");
  const { Origin } = await import("/stepper/origin.js");
  const { adoptStyles, make } = await import("/base/dom.js");
  const host = make("div", { style: "width: 900px; height: 600px" });
  document.body.replaceChildren(host);
  const root = host.attachShadow({ mode: "open" });
  const sheets = ["theme.css", "base/base.css", "stepper/stepper.css", "stepper/card.css", "stepper/origin.css"];
  await adoptStyles(root, ...sheets.map((name) => `../${name}`));
  const { Theme } = await import("/base/paint.js");
  const box = make("div.gb", { style: "display: grid; grid-template-columns: 600px 300px; height: 600px" });
  const [left, right] = [make("section.card"), make("section.origin")];
  box.append(left, right);
  root.append(box);
  const theme = new Theme(box);
  const painter = new Painter();
  const needs = { store, state, theme: () => theme, painter };
  const parts = [new Card(left, needs), new Origin(right, needs)];
  state.listen(() => parts.forEach((part) => painter.mark(part)));
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const show = async (name) => {
    state.go(of(name).i);
    await frame();
    parts.forEach((part) => part.draw());
  };
  const picture = (name) => root.querySelector(`.item:not([hidden]):has(.tensor-name[title="${name}"])`);
"""


@pytest.fixture(scope="session")
def trace():
    """Make the trace of a variant: its manifest as a dict, its blobs by hash."""
    torch.set_num_threads(1)
    made = {}

    def make(name):
        if name not in made:
            data = DataConfig(dataset="names")
            dataset = load_dataset(data)
            config = RunConfig(ModelConfig(**{**FRESH_SIZE, **FRESH[name]}), TrainConfig(), data)
            header, blobs = manifest(Trainer(config.with_vocab(dataset.vocab_size), dataset).trace())
            by_hash = {header["blobs"][blob]["hash"]: array.tobytes() for blob, array in blobs.items()}
            made[name] = with_words(header), by_hash
        return made[name]

    return make


@pytest.fixture
def opened(modules, trace):
    """Run code with `store` and `state` of a variant's trace, and further `m` and `value`."""

    def run(code, module="stepper/trace.js", variant="classroom", **value):
        header, blobs = trace(variant)
        sent = {hashed: base64.b64encode(blob).decode() for hashed, blob in blobs.items()}
        return modules(module, OPEN + code, {"manifest": json.dumps(header), "blobs": sent, **value})

    return run


@pytest.fixture(scope="session")
def traced():
    """Make the trace of a variant after two steps of training."""
    torch.set_num_threads(1)
    made = {}

    def make(name):
        if name not in made:
            changes = dict(TRAINED[name])
            base = PRESETS[changes.pop("preset")].config if "preset" in changes else RunConfig()
            config = base.replace(**(TRAINED_SIZE | {"n_layers": min(base.model.n_layers, 1)} | changes))
            dataset = load_dataset(config.data)
            trainer = Trainer(config.with_vocab(dataset.vocab_size), dataset)
            trainer.train_step()
            trainer.train_step()
            made[name] = trainer.trace()
        return made[name]

    return make


@pytest.fixture
def ready(modules, traced):
    """Run code with `store`, `state` and `of` of a variant's trace whose numbers are all there."""

    def run(module, code, variant="classroom", **value):
        header, blobs = manifest(traced(variant))
        hashes = {blob: listed["hash"] for blob, listed in header["blobs"].items()}
        sent = {hashes[blob]: base64.b64encode(data.tobytes()).decode() for blob, data in blobs.items()}
        return modules(module, READY + code, {"manifest": json.dumps(with_words(header)), "blobs": sent, **value})

    return run
