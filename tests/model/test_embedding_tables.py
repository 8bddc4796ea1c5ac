import pytest
import torch

from model.config import ModelConfig
from model.embedding_tables import offer_of, offered
from model.transformer import Transformer


def sized(**changes):
    sizes = {"vocab_size": 11, "block_size": 8, "d_model": 8, "n_layers": 2, "n_heads": 2, "d_mlp": 16}
    return ModelConfig(**sizes | changes)


@pytest.mark.parametrize(
    "config",
    [sized(), sized(positions="rope", tied_embeddings=True), sized(n_layers=0, norm="none", norm_final=False),
     sized(norm_placement="post"), sized(norm_placement="post", has_mlp=False), sized(positions="sinusoidal")],
)  # fmt: skip
def test_every_offered_table_is_there(config):
    model = Transformer(config)
    taps = model.tap_names()
    for name, _, rows in offered(config):
        assert name in taps if rows == "text" else hasattr(model, name)


def test_what_follows_a_block_is_what_the_next_one_reads():
    for placement in ("pre", "post"):
        model, seen = Transformer(sized(norm_placement=placement)), {}
        with torch.no_grad(), model.watch(lambda name, value, seen=seen: seen.setdefault(name, value)):
            model(torch.arange(5)[None])
        after = next(offer.name for offer in offered(model.config) if offer.words.endswith("after block 0"))
        torch.testing.assert_close(seen[after], seen["blocks.1.resid_pre"], rtol=0, atol=0)


def test_a_table_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(ValueError, match=r"table must be one of tok_emb, blocks.0.resid_pre.*got 'pos_emb'"):
        offer_of("pos_emb", sized(positions="rope"))
