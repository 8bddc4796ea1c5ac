import math

import pytest
import torch
import torch.nn.functional as F

from model.config import PRESETS
from model.transformer import Transformer


def first_loss(config, seed):
    """Cross-entropy in nats of an untrained model on random tokens."""
    model = Transformer(config, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(config.vocab_size, (8, config.block_size), generator=generator)
    targets = torch.randint(config.vocab_size, (8, config.block_size), generator=generator)
    with torch.no_grad():
        return F.cross_entropy(model(tokens).flatten(0, 1), targets.flatten()).item()


@pytest.mark.parametrize("is_tied", [False, True])
@pytest.mark.parametrize("key", PRESETS)
def test_every_preset_starts_by_guessing_tied_and_untied(key, is_tied):
    config = PRESETS[key].config.replace(tied_embeddings=is_tied).model
    for seed in (0, 1337):
        assert first_loss(config, seed) == pytest.approx(math.log(config.vocab_size), rel=0.1)


def test_bigram_has_room_for_every_pair():
    config = PRESETS["bigram"].config.model
    assert config.n_layers == 0
    assert config.d_model >= config.vocab_size


def test_llama_looks_at_one_position_at_a_time():
    """The article's norm divided by a mean over time, so that the last token moved the first logits."""
    config = PRESETS["llama"].config.model
    model = Transformer(config, seed=0)
    tokens = torch.zeros(1, config.block_size, dtype=torch.int64)
    changed = tokens.clone()
    changed[0, -1] = 5
    with torch.no_grad():
        before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :-1], after[:, :-1])
    assert not torch.equal(before[:, -1], after[:, -1])


def test_llama_says_its_parameters():
    assert f"{PRESETS['llama'].config.model.n_parameters:,} parameters" in PRESETS["llama"].special
