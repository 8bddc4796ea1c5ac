"""Training: batches in, updates out, one step a call. Knows no disk, no process and no screen.

A trainer is decided by its config, its data and the changes made through `set`: looking at it (evaluating, measuring,
probing, sampling) draws from no generator of the run and changes no number, so equal runs are bit-equal.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from model import generate, probing
from model.config import FIELDS, RunConfig
from model.datasets import Dataset
from model.divergence import WINDOW, Diverged, Divergence, LossWatch, first_broken, likely_cures
from model.flat import FlatParameters
from model.measure import (
    N_PROBE_ROWS,
    batch_accuracy,
    batch_loss,
    columns_of,
    evaluate,
    gradient_row,
    group_of,
    groups_of,
    statistics,
    update_row,
)
from model.optim import Update, clip, schedule_share
from model.probing import Array
from model.records import Batch, Trace
from model.trace import one_row, trace_iteration
from model.transformer import Transformer

Event = dict[str, Any]
Row = Sequence[int] | None


@dataclass(frozen=True)
class Step:
    """What an update gave: its training loss (nats) and, where measured, a row by column name."""

    loss: float
    row: dict[str, float] | None


@dataclass
class Since:
    """What has added up since the last row; `seconds` is the training time of the whole run."""

    n: int = 0
    loss: float = 0.0
    tokens: int = 0
    started: float = 0.0
    seconds: float = 0.0


@dataclass
class Good:
    """A copy of everything a step changes, taken when a forward pass has shown that it is sound."""

    step: int
    draws: Mapping[str, Any]
    losses: list[float]
    update: Update
    tensors: list[Tensor]


class Trainer:
    """Trains one model on one data set. The caller decides on torch's threads (bit-equal runs need one)."""

    def __init__(self, config: RunConfig, dataset: Dataset) -> None:
        self.config = config.with_vocab(dataset.vocab_size)
        self.dataset = dataset
        self.step = 0
        self.divergence: Divergence | None = None
        self.model = Transformer(self.config.model, seed=self.config.train.seed)
        self._flat = FlatParameters(self.model)
        self._update = Update(self._flat, self.config.train)
        self._buffers = [b for name, b in self.model.named_buffers() if name in self.model.state_dict()]
        self.draws = np.random.default_rng(self.config.train.seed)
        self._watch = LossWatch(dataset.vocab_size)
        self._since = Since()
        self._validation = dataset.validation(self.config.model.block_size)
        self._good = self._copy(self.draws.bit_generator.state, self._buffers)
        self.groups = groups_of(self.model)
        self.columns = columns_of(self.model)

    @property
    def is_finished(self) -> bool:
        """Whether all n_steps updates have been made."""
        return self.step >= self.config.train.n_steps

    def train_step(self, measure: bool = False) -> Step:
        """One update. A row comes with it when asked for, when validation is due, and at the last step.

        Raises Diverged when something breaks: the trainer then stands at its last good state, the newest one whose own
        loss was finite and healthy. That is the state before this step, or an earlier one when that step had already
        brought the trouble; `step` says which.
        """
        started, self.divergence = perf_counter(), None
        train, number = self.config.train, self.step + 1
        draws, buffers = self.draws.bit_generator.state, [b.clone() for b in self._buffers]
        batch = self.dataset.draw(self.draws, train.batch_size, self.config.model.block_size)  # type: ignore[arg-type]
        logits, loss = self._forward(batch)
        value = loss.item()
        if self._watch.is_healthy(value):
            self._keep(draws, buffers)
        if not math.isfinite(value):
            self._diverge(first_broken(self.model, batch) or "loss", number)
        if self._watch.has_diverged(value):
            self._diverge("loss", number, f"the mean loss of {WINDOW} steps rose to {self._watch.mean:.3g}")
        is_due = number % train.eval_every == 0 or number == train.n_steps
        row = self._updated(loss, batch, number, measure or is_due)
        self.step = number
        self._count(value, batch, perf_counter() - started)
        if row is not None:
            row |= self._row(value, logits, batch)
            row |= dict(zip(("val_loss", "val_accuracy"), self.evaluate(), strict=True)) if is_due else {}
        return Step(value, None if row is None else dict.fromkeys(self.columns, math.nan) | row)

    def _forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        tokens = torch.from_numpy(batch.tokens)  # (B, T)
        # torch's fused attention in bfloat16 is slower than the textbook's on a CPU at our head widths.
        is_half = self.config.train.precision == "bfloat16"
        with torch.autocast("cpu", torch.bfloat16) if is_half else nullcontext():
            logits = self.model(tokens, step_by_step=is_half)  # (B, T, V)
        return logits, batch_loss(logits, batch)

    def _updated(self, loss: Tensor, batch: Batch, number: int, is_measured: bool) -> dict[str, float] | None:
        """Backward, clip, update; the norms and ratios when measured."""
        flat, train = self._flat, self.config.train
        loss.backward()  # type: ignore[no-untyped-call]
        flat.collect_gradients()
        grad_norm = torch.linalg.vector_norm(flat.grads).item()
        if not math.isfinite(grad_norm):
            self._diverge(first_broken(self.model, batch) or "grad_norm", number)
        row = gradient_row(flat) if is_measured else {}
        before = flat.values.clone() if is_measured else flat.values
        clip(flat.grads, grad_norm, train.grad_clip)
        self._update.step(train, number)
        # One sum over all weights is not finite when a weight is not, or, rarely, when it only overflows itself.
        if not math.isfinite(flat.values.sum().item()) and not flat.values.isfinite().all():
            self._diverge(min(flat.broken(), key=lambda name: self.groups.index(group_of(name))), number)
        return row | update_row(flat, before) if is_measured else None

    def _count(self, loss: float, batch: Batch, seconds: float) -> None:
        since = self._since
        since.n, since.loss, since.tokens = since.n + 1, since.loss + loss, since.tokens + batch.tokens.size
        since.seconds += seconds

    def _row(self, loss: float, logits: Tensor, batch: Batch) -> dict[str, float]:
        since, train = self._since, self.config.train
        self._since = Since(started=since.seconds, seconds=since.seconds)
        return {
            "step": self.step,
            "loss": loss,
            "loss_mean": since.loss / since.n,
            "train_accuracy": batch_accuracy(logits, batch) if self.dataset.is_task else math.nan,
            "learning_rate": train.learning_rate * schedule_share(train, self.step),
            "tokens_per_second": since.tokens / (since.seconds - since.started),
            "seconds": since.seconds,
        }

    def _copy(self, draws: Mapping[str, Any], buffers: list[Tensor]) -> Good:
        tensors = [t.clone() for t in (self._flat.values, *buffers, *self._update.memory())]
        return Good(self.step, draws, self._watch.losses, self._update, tensors)

    def _keep(self, draws: Mapping[str, Any], buffers: list[Tensor]) -> None:
        """Remember the state before this step: its loss has just shown that it is sound."""
        good, source = self._good, [self._flat.values, *buffers, *self._update.memory()]
        if good.update is not self._update or len(good.tensors) != len(source):
            self._good = self._copy(draws, buffers)
            return
        torch._foreach_copy_(good.tensors, source)
        good.step, good.draws, good.losses = self.step, draws, self._watch.losses

    def _diverge(self, tensor: str, number: int, what: str = "") -> None:
        """Go back to the last good state and raise Diverged. Settings stay as they are: they are the user's."""
        self._restore(self._good)
        what = what or f"{tensor} was no longer finite"
        sentence = f"At step {number} {what}; the run stands at step {self.step}, its last good state."
        self.divergence = Divergence(tensor, number, sentence, likely_cures(self.config.train, number))
        raise Diverged(self.divergence)

    def _restore(self, good: Good) -> None:
        self.step, self.draws.bit_generator.state, self._watch.losses = good.step, good.draws, good.losses
        held = [self._flat.values, *self._buffers]
        torch._foreach_copy_(held, good.tensors[: len(held)])
        memory = good.tensors[len(held) :]
        if good.update is self._update and memory:
            torch._foreach_copy_(self._update.memory(), memory)
        else:
            self._update = Update(self._flat, self.config.train)
        self._since = Since(started=self._since.seconds, seconds=self._since.seconds)

    def evaluate(self) -> tuple[float, float]:
        """Loss (nats) on the fixed validation batches and, for tasks, the share of answers right (else NaN)."""
        loss, accuracy = evaluate(self.model, self._validation)
        return loss, accuracy if self.dataset.is_task else math.nan

    def set(self, **changes: Any) -> Event:
        """Change live settings from the next step on; a new optimizer starts with nothing remembered.

        ValueError, naming the field, for a setting that is not live or not allowed.
        """
        fixed = [name for name in changes if name in FIELDS and not FIELDS[name].live]
        if fixed:
            raise ValueError(f"{fixed[0]} cannot change while a run trains; start a new run with it")
        before, self.config = self.config.to_dict(), self._checked(changes)
        after = self.config.to_dict()
        changed = {name: after[name] for name in changes if after[name] != before[name]}
        if "optimizer" in changed:
            self._update = Update(self._flat, self.config.train)
        self.divergence = None
        words = ", ".join(FIELDS[name].change(before[name], value) for name, value in changed.items())
        return {"step": self.step, "kind": "set", "text": words or "nothing changed", "changes": changed}

    def extend(self, n_steps: int) -> Event:
        """Let the run go on to `n_steps` updates in all; ValueError when it is past them."""
        return self.set(n_steps=n_steps) | {"kind": "extend"}

    def _checked(self, changes: dict[str, Any]) -> RunConfig:
        config = self.config.replace(**changes)
        if config.train.n_steps < self.step:
            raise ValueError(f"n_steps must be at least {self.step}, the steps made; got {config.train.n_steps}")
        return config

    def sample(self, n: int, max_tokens: int, temperature: float = 1.0, seed: int = 0) -> list[str]:
        """`n` texts of at most `max_tokens` tokens that the model writes; a task's are its question and an answer."""
        data = self.dataset
        n_tokens = min(max_tokens, data.answer_length or max_tokens)
        rows = generate.sample(
            self.model, data.prompt(), n, n_tokens,
            temperature=temperature, stop_token=None if data.is_task else data.stop_token, seed=seed,
        )  # fmt: skip
        return [data.written(row) for row in rows]

    def statistics(self) -> dict[str, float]:
        """Dead and saturated shares per layer on the first 8 validation rows, always the same."""
        return statistics(self.model, self._validation[0].tokens[: N_PROBE_ROWS])

    def probe(self, taps: list[str], tokens: list[int] | None = None) -> tuple[dict[str, Any], dict[str, Array]]:
        """The probe frame's header and arrays, see `model.probing.probe`."""
        header, arrays = probing.probe(self.model, self.dataset, taps, tokens)
        return {"step": self.step} | header, arrays

    def trace(self, tokens: Row = None, targets: Row = None, weights: Row = None) -> Trace:
        """The next iteration taken apart (`model.trace`): on the fixed held-out row, or on one that `one_row` makes.

        The run stays as it is. ValueError for a row that this model cannot read.
        """
        size, tokenizer, memory = self.config.model, self.dataset.tokenizer, self._update.tensors()
        row = self.dataset.probe_text(size.block_size) if tokens is None else one_row(tokens, targets, weights, size)
        return trace_iteration(self.model, row, tokenizer, self.config, memory, self.step)

    def learn(self, batch: Batch) -> float:
        """One update on exactly this batch, the one that `trace` shows; returns the loss before it.

        A trainer past its last step keeps that one's learning rate. Raises Diverged, everything being as before.
        """
        self._keep(self.draws.bit_generator.state, self._buffers)
        number = self.step + 1
        self.config = self.config.replace(n_steps=max(number, self.config.train.n_steps))
        with self.model.watch(lambda name, value: value):
            loss = batch_loss(self.model(torch.from_numpy(batch.tokens)), batch)
        self._updated(loss, batch, number, is_measured=False)
        self.step = number
        return loss.item()

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything that decides how the run goes on: copies of all tensors by name, and what JSON can hold."""
        tensors = {f"model/{name}": value.clone() for name, value in self.model.state_dict().items()}
        tensors |= {f"optimizer/{name}": value.clone() for name, value in self._update.tensors().items()}
        watch = {"losses": self._watch.losses, "best": self._watch.best if self._watch.losses else None}
        meta = {"step": self.step, "config": self.config.to_dict(), "draws": self.draws.bit_generator.state}
        return tensors, meta | {"watch": watch, "since": asdict(self._since)}

    def load_state(self, tensors: dict[str, Tensor], meta: dict[str, Any]) -> None:
        """Stand where `state()` was taken, bit for bit; the trainer must have the same architecture and data."""
        self.step, self.config = meta["step"], RunConfig.from_dict(meta["config"])
        self.model.load_state_dict(_under("model/", tensors))
        self._update = Update(self._flat, self.config.train)
        self._update.load(_under("optimizer/", tensors))
        self.draws.bit_generator.state = meta["draws"]
        best = meta["watch"]["best"]
        self._watch = LossWatch(self.dataset.vocab_size, meta["watch"]["losses"], math.inf if best is None else best)
        self._since, self.divergence = Since(**meta["since"]), None
        self._good = self._copy(self.draws.bit_generator.state, self._buffers)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
