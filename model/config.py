"""The settings of a run: frozen, valid by construction, and the presets.

`ModelConfig`, `TrainConfig` and `DataConfig` check their own fields, `RunConfig` what lies between them and the limits
of the whole. Widgets, links and files all come in through here. Torch-free; knows nothing of screens or disks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from model import sizes, tasks
from model.fields import FIELDS, TASKS, Field, Setting, shown
from model.presets import RECIPES

__all__ = ["FIELDS", "PRESETS", "TASKS", "DataConfig", "Field", "ModelConfig", "Preset", "RunConfig", "TrainConfig"]

MAX_TABLE_ROWS = 4096
DEFAULT_PRESET = "classroom"


class _Checked:
    """Validates every field of a frozen dataclass against the declared list."""

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]  # only dataclasses inherit from this
            object.__setattr__(self, f.name, FIELDS[f.name].check(getattr(self, f.name)))
        self._check_together()

    def _check_together(self) -> None:
        """Rules between the fields of one config; ValueError naming the field to change."""


@dataclass(frozen=True)
class ModelConfig(_Checked):
    """The architecture. ValueError (one line: field, allowed, got) when it cannot be built."""

    vocab_size: int = 27
    block_size: int = 32
    n_layers: int = 2
    n_heads: int = 4
    d_model: int = 64
    has_mlp: bool = True
    d_mlp: int = 256
    positions: str = "learned"
    norm: str = "layernorm"
    norm_gain: bool = True
    norm_placement: str = "pre"
    norm_embedding: bool = False
    norm_final: bool = True
    activation: str = "gelu"
    has_residual: bool = True
    has_bias: bool = True
    tied_embeddings: bool = False
    qk_norm: bool = False
    init: str = "normal"
    init_scale: float = 0.02
    zero_init_output: bool = False

    @property
    def d_head(self) -> int:
        """Width of one attention head."""
        return self.d_model // self.n_heads

    @property
    def n_parameters(self) -> int:
        """Trainable numbers, by closed formula."""
        return sum(sizes.parameters_by_part(self).values())

    def _check_together(self) -> None:
        if self.d_model % self.n_heads:
            raise ValueError(f"n_heads must divide d_model; got n_heads={self.n_heads}, d_model={self.d_model}")
        if self.positions == "rope" and self.d_head % 2:
            raise ValueError(
                f"n_heads must leave an even head width for rope, which turns pairs of channels; "
                f"got n_heads={self.n_heads}, d_model={self.d_model}, so d_head={self.d_head}"
            )
        sizes.check_parameters(self)


@dataclass(frozen=True)
class TrainConfig(_Checked):
    """How the model learns. ValueError (one line: field, allowed, got) when a value is out of range."""

    optimizer: str = "adamw"
    learning_rate: float = 3e-3
    learning_rate_rest: float = 5e-3
    schedule: str = "cosine"
    warmup_steps: int = 0
    final_learning_rate: float = 0.1
    n_steps: int = 1000
    beta1: float = 0.9
    beta2: float = 0.99
    momentum: float = 0.9
    weight_decay: float = 0.1
    grad_clip: float = 1.0
    batch_size: int | str = 32
    eval_every: int = 50
    precision: str = "float32"
    seed: int = 1337

    def _check_together(self) -> None:
        if self.warmup_steps > self.n_steps:
            raise ValueError(f"warmup_steps must be at most n_steps={self.n_steps}; got {self.warmup_steps}")


@dataclass(frozen=True)
class DataConfig(_Checked):
    """What the model learns from. ValueError (one line: field, allowed, got) when a value is out of range."""

    dataset: str = "names"
    tokenizer: str = "character"
    n_merges: int = 250
    layout: str = "stream"
    language: str = "all"
    task_length: int = 6
    modulus: int = 31
    train_share: float = 0.9
    text_sha256: str = ""

    @property
    def is_task(self) -> bool:
        """Exercises made by code, scored on their answers."""
        return self.dataset in TASKS

    @property
    def table_rows(self) -> int:
        """Training rows of modular addition: the training share of all pairs (a, b)."""
        return round(self.train_share * self.modulus**2)

    def _check_together(self) -> None:
        # The data decides, so that choosing another data set is one change and never an error.
        if self.is_task != (self.tokenizer == "symbol"):
            object.__setattr__(self, "tokenizer", "symbol" if self.is_task else "character")


_Part = TypeVar("_Part", ModelConfig, TrainConfig, DataConfig)


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides a run, valid as a whole: equal configs on one machine give bit-equal runs."""

    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    data: DataConfig = DataConfig()

    def __post_init__(self) -> None:
        if self.data.is_task:
            tasks.check_row_fits(self.data, self.model.block_size)
        if self.train.batch_size == "all":
            self._check_table()
        sizes.check_cost(self.model, self.train, self.batch)

    @property
    def batch(self) -> sizes.Batch:
        """The shape of one training batch."""
        n_rows = self.data.table_rows if self.train.batch_size == "all" else int(self.train.batch_size)
        n_tokens = tasks.row_length(self.data) if self.data.is_task else self.model.block_size
        return sizes.Batch(n_rows, n_tokens, self.train.precision)

    @property
    def step_seconds(self) -> float:
        """Estimated seconds of one training step."""
        return sizes.step_seconds(self.model, self.train, self.batch)

    def _check_table(self) -> None:
        if self.data.dataset != "modular":
            raise ValueError(
                f'batch_size must be 1 to 256 ("all" is for the table of modular); got all, dataset={self.data.dataset}'
            )
        if self.data.table_rows > MAX_TABLE_ROWS:
            raise ValueError(
                f'train_share or modulus must be lower: batch_size "all" allows {MAX_TABLE_ROWS:,} rows; got '
                f"{self.data.table_rows:,} with train_share={self.data.train_share:g}, modulus={self.data.modulus}"
            )

    def to_dict(self) -> dict[str, Setting]:
        """Every field by its flat name."""
        return {f.name: getattr(part, f.name) for part in (self.model, self.train, self.data) for f in fields(part)}

    @classmethod
    def from_dict(cls, values: object) -> RunConfig:
        """From a dict by flat names; what is missing comes from `preset`. ValueError: one line naming the field."""
        if not isinstance(values, Mapping):
            raise ValueError(f"config must be a table of settings; got {shown(values)}")
        given = dict(values)
        base = _preset(given.pop("preset", DEFAULT_PRESET))
        return base.replace(**_named(given))

    def replace(self, **changes: object) -> RunConfig:
        """The same run with some flat fields changed; ValueError as on every way in."""
        _named(changes)
        return RunConfig(_changed(self.model, changes), _changed(self.train, changes), _changed(self.data, changes))

    def with_vocab(self, vocab_size: int) -> RunConfig:
        """The same run for a tokenizer that knows `vocab_size` tokens."""
        return self.replace(vocab_size=vocab_size)

    def to_json(self) -> str:
        """Every field, as `from_json` reads it."""
        return json.dumps(self.to_dict(), indent=1)

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """From the JSON of `to_json`; ValueError with one line for anything else."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError("config must be JSON; it could not be read") from error
        return cls.from_dict(values)

    def to_query(self) -> dict[str, str]:
        """The nearest preset's key (unless it is the default) and each field that differs from it."""
        own = self.to_dict()
        differing = {
            key: {name: value for name, value in own.items() if value != base[name]}
            for key, base in ((key, preset.config.to_dict()) for key, preset in PRESETS.items())
        }
        key = min(differing, key=lambda k: len(differing[k]))
        query = {} if key == DEFAULT_PRESET else {"preset": key}
        query.update({name: _as_text(value) for name, value in differing[key].items()})
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> RunConfig:
        """From a page's query parameters; those that are no settings (run, room …) are left alone."""
        values: dict[str, object] = {"preset": query.get("preset", DEFAULT_PRESET)}
        values.update({name: FIELDS[name].parse(text) for name, text in query.items() if name in FIELDS})
        return cls.from_dict(values)


@dataclass(frozen=True)
class Preset:
    """A named configuration with where it comes from and what to expect of it."""

    key: str
    title: str
    source: str
    special: str
    expects: str
    config: RunConfig


def _preset(key: object) -> RunConfig:
    if not isinstance(key, str) or key not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}; got {shown(key)}")
    return PRESETS[key].config


def _named(values: Mapping[Any, object]) -> Mapping[str, object]:
    """The same values when every key is a field; ValueError otherwise."""
    for name in values:
        if not isinstance(name, str) or name not in FIELDS:
            raise ValueError(f"{shown(name)} is no setting; got it with the value {shown(values[name])}")
    return values


def _changed(part: _Part, changes: Mapping[str, object]) -> _Part:
    own = {f.name for f in fields(part)}
    return replace(part, **{name: value for name, value in changes.items() if name in own})  # type: ignore[arg-type]


def _as_text(value: Setting) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


PRESETS: dict[str, Preset] = {
    recipe.key: Preset(
        recipe.key, recipe.title, recipe.source, recipe.special, recipe.expects, RunConfig().replace(**recipe.settings)
    )
    for recipe in RECIPES
}
