"""One training iteration, taken apart: forward, loss, backward and update of one sequence, operation by operation.

    forward    every value, through the taps of the transformer that trains         model/trace_forward.py
    loss       how surprised it is by each next token, and the mean of that
    backward   every gradient, from the loss back to the embeddings                 model/trace_backward.py
    update     what the optimizer remembers, and every new weight                   model/trace_update.py

The operations are written down first, as names, kinds and inputs: that is the plan. Then the iteration runs, and every
tensor in the trace is one that torch made in it (`model/trace_capture.py`). Nothing is computed a second time to be
shown; that the plan tells the truth is tested by replaying each operation from its recorded inputs, in NumPy
(`model/operations.py`).

The sequence goes alone, in float32, with attention step by step; BatchNorm reads its running statistics, so gradients
take them as constants. The model, its gradients and its optimizer stay as they are.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from model.config import ModelConfig, RunConfig
from model.records import Batch, Recorded, Trace
from model.tokenizer import Tokenizer
from model.trace_backward import backward_operations
from model.trace_capture import Captured, capture, parameters_by_name
from model.trace_forward import forward_operations
from model.trace_names import axes_of, last
from model.trace_update import Memory, trace_update
from model.transformer import Transformer


def one_row(
    tokens: Sequence[int], targets: Sequence[int] | None, weights: Sequence[float] | None, config: ModelConfig
) -> Batch:
    """A batch of one row. Without `targets` each token's target is the next one, and the last has none; without
    `weights` all targets count. ValueError, one sentence, for what this model cannot read: rows come from browsers."""
    if not all(isinstance(row, list | tuple | None) for row in (tokens, targets, weights)):
        raise ValueError("tokens, targets and weights must be lists of numbers")
    if targets is None:
        tokens, targets = tokens[:-1], tokens[1:]
    weights = [1.0] * len(tokens) if weights is None else weights
    if not 1 <= len(tokens) <= config.block_size:
        raise ValueError(f"tokens must be 1 to {config.block_size}, the context, and one to predict; got {len(tokens)}")
    if not len(tokens) == len(targets) == len(weights):
        raise ValueError(f"tokens, targets and weights must be equally many; got {len(targets)} and {len(weights)}")
    if not all(type(k) is int and 0 <= k < config.vocab_size for k in (*tokens, *targets)):
        raise ValueError(f"tokens must be ids from 0 to {config.vocab_size - 1}")
    if not all(w in (0, 1) for w in weights) or not any(weights):
        raise ValueError("weights must be 0 or 1, and at least one target must count")
    return Batch(np.array([tokens], np.int64), np.array([targets], np.int64), np.array([weights], np.float32))


def trace_iteration(
    model: Transformer,
    batch: Batch,
    tokenizer: Tokenizer,
    config: RunConfig,
    memory: Memory | None = None,
    step: int = 0,
) -> Trace:
    """The iteration that would follow `step` updates if `batch`, one row, were all there is to learn from.

    `memory`: what the optimizer remembers, as `optim.Update.tensors()` gives it; nothing before the first update.
    The row must have at least one target that counts. ValueError when it is longer than block_size.
    """
    tokens, targets, weights = (torch.from_numpy(row[0]) for row in (batch.tokens, batch.targets, batch.weights))
    seen = capture(model, tokens, targets, weights)
    forward = forward_operations(model.config, len(tokens), float(weights.sum()))
    parameters = parameters_by_name(model)
    tensors = _constants(model, tokens, targets, weights)
    tensors |= {name: _recorded(name, parameter, "parameter") for name, parameter in parameters.items()}
    tensors |= {name: _recorded(name, value, "value") for name, value in seen.values.items()}
    backward = backward_operations(forward, seen.readers, {name: t.value.shape for name, t in tensors.items()})
    gradients = _gradients(seen)
    tensors |= {name: _recorded(name, gradient, "gradient") for name, gradient in gradients.items()}
    learned = {name: gradients[f"grad:{name}"] for name in parameters}
    update, updated = trace_update(model, learned, config.train, memory or {}, step)

    ids, answers = tokens.tolist(), targets.tolist()
    return Trace(
        step=step,
        text=tokenizer.decode(ids),
        tokens=tuple(ids),
        labels=tuple(tokenizer.labels(ids)),
        targets=tuple(answers),
        target_labels=tuple(tokenizer.labels(answers)),
        vocabulary=tuple(tokenizer.labels(range(model.config.vocab_size))),
        config=config.to_dict(),
        operations=(*forward, *backward, *update),
        tensors=tensors | {name: _recorded(name, value, role) for name, (value, role) in updated.items()},
    )


def _gradients(seen: Captured) -> dict[str, Tensor]:
    """Every gradient by its name in the trace: in total, and each reader's contribution where there are several."""
    branches = {f"grad:{name}<-{last(reader)}": flow for (name, reader), flow in seen.branches.items()}
    totals = {f"grad:{name}": gradient for name, gradient in seen.gradients.items()}
    return branches | totals


def _constants(model: Transformer, tokens: Tensor, targets: Tensor, weights: Tensor) -> dict[str, Recorded]:
    """What the iteration reads and nothing learns from: ids, weights of the targets, and the model's own tables."""
    T = len(tokens)
    found = {"tokens": tokens, "positions": torch.arange(T), "targets": targets, "weights": weights}
    for name, table in model.named_buffers():
        if name == "sinusoids" or name.endswith((".running_mean", ".running_var")):
            found[name] = table
        elif name.endswith((".rope.cos", ".rope.sin")):  # the same in every layer
            found[f"rope.{last(name)}"] = table[:T]
        elif name.endswith(".score_bias"):
            found["alibi"] = table[:, :T, :T]
    return {name: _recorded(name, value, "constant") for name, value in found.items()}


def _recorded(name: str, tensor: Tensor, role: str) -> Recorded:
    """A copy, as the run's own memory goes on changing, without the axis of a batch of one."""
    axes = axes_of(name)
    value = tensor.detach()
    value = value[0] if value.dim() > len(axes) else value
    dtype = np.float32 if value.is_floating_point() else np.int32
    return Recorded(np.array(value.numpy(), dtype, order="C"), axes, role)
