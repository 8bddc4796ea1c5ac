"""Which tables of vectors a model has to be looked at: its embeddings, and the residual stream of a text. Torch-free.

A table's name is its parameter's or its tap's; its rows stand for tokens of the vocabulary, for positions, or for the
tokens of one text.
"""

from typing import NamedTuple

from model.config import ModelConfig
from model.fields import shown


class Offer(NamedTuple):
    """A table's name, what it is in words, and what its rows stand for: token | position | text."""

    name: str
    words: str
    rows: str


def offered(config: ModelConfig) -> list[Offer]:
    """The tables of a model of this configuration, in the order of the forward pass."""
    tables = [Offer("tok_emb", "token embeddings", "token")]
    if config.positions in ("learned", "sinusoidal"):
        tables.append(Offer("pos_emb", "position embeddings", "position"))
    if config.n_layers:
        tables.append(Offer("blocks.0.resid_pre", "your text, before block 0", "text"))
    tables += [Offer(after_block(config, i), f"your text, after block {i}", "text") for i in range(config.n_layers)]
    if config.norm != "none" and config.norm_final:
        tables.append(Offer("norm_final", "your text, after the last norm", "text"))
    if not config.tied_embeddings:
        tables.append(Offer("unembed", "unembedding", "token"))
    return tables


def after_block(config: ModelConfig, i: int) -> str:
    """The tap of what block i hands on: behind its last norm where norms stand after the sums."""
    if config.norm == "none" or config.norm_placement == "pre":
        return f"blocks.{i}.resid_post"
    return f"blocks.{i}.norm2" if config.has_mlp else f"blocks.{i}.norm1"


def offer_of(name: object, config: ModelConfig) -> Offer:
    """The table called so. ValueError names those that this model has."""
    for offer in offered(config):
        if offer.name == name:
            return offer
    names = ", ".join(offer.name for offer in offered(config))
    raise ValueError(f"table must be one of {names}; got {shown(name)}")
