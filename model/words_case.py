"""One operation as the texts see it, what they return, and the phrases that several of them share."""

from dataclasses import dataclass
from typing import NamedTuple

from model.config import ModelConfig, TrainConfig
from model.records import Operation
from model.words_notation import cell, noun


class Text(NamedTuple):
    """What is said of an operation: plain words, why it is there, the formula in LaTeX."""

    words: str
    why: str
    formula: str


@dataclass(frozen=True)
class Case:
    """One operation and the settings of the run it belongs to."""

    operation: Operation
    model: ModelConfig
    train: TrainConfig

    @property
    def layer(self) -> int:
        """The block's number; −1 outside the blocks."""
        parts = self.operation.name.split(".")
        return int(parts[1]) if parts[0] == "blocks" else -1

    @property
    def out(self) -> str:
        """The cell that the operation makes, in LaTeX."""
        return cell(self.operation.name)

    @property
    def saved(self) -> list[str]:
        """Inputs of a backward operation that are no gradients: values recorded on the way forward, weights."""
        return [name for name in self.operation.inputs if not name.startswith("grad:")]

    @property
    def plus_bias(self) -> str:
        """What a sentence on a linear map says of its bias, where there is one."""
        return " plus a bias" if len(self.operation.inputs) == 3 else ""

    @property
    def then_bias(self) -> str:
        """The same at the end of a sentence."""
        return ", and a bias is added" if self.plus_bias else ""

    def noun(self, name: str) -> str:
        """What a tensor is called in a sentence, article included."""
        return noun(name, self.model.norm_placement)

    def same(self) -> str:
        """Formula of a value that goes on under another name."""
        return f"{self.out} = {cell(self.operation.inputs[0])}"

    def linear(self, summed: str) -> str:
        """Formula of a linear map, Σ weight · x + bias; `summed` are the letters of the sum."""
        x, weight, *bias = self.operation.inputs
        sums = "".join(rf"\sum_{{{letter}}}" for letter in summed.split(","))
        return rf"{self.out} = {sums} {cell(weight)}\,{cell(x)}" + (f" + {cell(bias[0])}" if bias else "")
