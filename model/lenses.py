"""The logit lens: what every layer would have said, had the model ended there (nostalgebraist, 2020).

The residual stream, as it enters the first block and as it leaves each, goes through the model's own final norm (if it
has one) and its own unembedding. Knows no tokenizer and no screen.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model.transformer import Transformer


@dataclass(frozen=True)
class Lens:
    """`logits` (S, T, V) of S = n_layers + 1 stages: before the first block, then after each. `remark` is one sentence
    on what is peculiar in this model, or ""."""

    logits: Tensor
    remark: str


@torch.no_grad()
def logit_lens(model: Transformer, tokens: Tensor) -> Lens:
    """Read tokens (T,) at every stage; the last stage is what the model says, to the bit."""
    streams: list[Tensor] = []  # as each block finds it, then as the model's end finds it: (1, T, C) each
    before: list[Tensor] = []  # the value that passed last

    def listen(name: str, value: Tensor) -> Tensor:
        if name.endswith(".resid_pre"):
            streams.append(value)
        elif name in ("norm_final", "logits") and len(streams) == model.config.n_layers:
            streams.append(before[-1])
        before[:] = [value]
        return value

    unembed = model.tok_emb if model.unembed is None else model.unembed
    with model.watch(listen):  # inside it norms are in eval(): looking moves no running average
        model(tokens[None])
        normed = [stream if model.norm_final is None else model.norm_final(stream) for stream in streams]
    return Lens(torch.cat([F.linear(stream, unembed) for stream in normed]), _remark(model))  # (S, T, V)


def _remark(model: Transformer) -> str:
    config = model.config
    if not config.has_residual and config.n_layers:
        return "This model has no residual connections: a block hands on only what it wrote itself."
    if model.norm_final is None and config.norm_placement == "pre":
        return "This model has no final norm: the stream goes into the unembedding as it is."
    if config.norm == "batchnorm" and model.norm_final is not None:
        return "The final BatchNorm's running averages were taken at the last layer; earlier layers are read with them."
    if config.norm_placement == "post" and config.norm != "none":
        return "In this model every block's output is normalised already (post-norm)."
    return ""
