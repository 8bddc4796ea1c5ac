"""The probe: what it shows is what the model computed, and questions it cannot answer are refused by name."""

import numpy as np
import pytest
import torch

from model.config import RunConfig
from model.datasets import load_dataset
from model.training import Trainer

torch.set_num_threads(1)
TINY = RunConfig().replace(n_heads=2, d_model=8, d_mlp=16, block_size=8, init_scale=0.5)
TRAINER = Trainer(TINY, load_dataset(TINY.data))


def test_losses_are_those_of_the_model_on_the_shown_text():
    header, arrays = TRAINER.probe([])
    tokenizer = TRAINER.dataset.tokenizer
    tokens = tokenizer.encode(header["text"])
    log_probs = TRAINER.model(torch.tensor([tokens]))[0].log_softmax(-1)
    targets = TRAINER.dataset.probe_text(8).targets[0]
    expected = -log_probs[range(8), targets].detach().numpy()
    np.testing.assert_allclose(arrays["token_loss"], expected, rtol=1e-4)
    np.testing.assert_allclose(arrays["token_probability"], np.exp(-expected), rtol=1e-4)
    assert header["targets"] == tokenizer.labels(targets.tolist())
    assert header["weights"] == [1] * 8
    assert (header["step"], header["available"]) == (0, {"n_layers": 2, "n_heads": 2})


def test_in_a_task_only_the_answer_counts():
    config = TINY.replace(dataset="modular")
    header, _ = Trainer(config, load_dataset(config.data)).probe([])
    assert [label for label, weight in zip(header["labels"], header["weights"], strict=True) if weight] == ["="]


def test_taps_come_by_name_or_by_head():
    taps = ["blocks.1.attn.pattern", "blocks.1.attn.pattern/1", "pos_emb", "blocks.0.resid_pre"]
    arrays = TRAINER.probe(taps)[1]
    assert [arrays[tap].shape for tap in taps] == [(2, 8, 8), (8, 8), (8, 8), (8, 8)]
    np.testing.assert_array_equal(arrays[taps[0]][1], arrays[taps[1]])
    np.testing.assert_allclose(arrays[taps[0]].sum(-1), 1, rtol=1e-5)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}


def test_own_tokens_are_shifted_and_cut_to_the_context():
    header, arrays = TRAINER.probe([], tokens=[1, 2, 3] * 10)
    assert header["labels"] == TRAINER.dataset.tokenizer.labels([1, 2, 3, 1, 2, 3, 1, 2])
    assert header["targets"][-1] == header["labels"][2]
    assert arrays["token_loss"].shape == (8,)


@pytest.mark.parametrize("tokens", [[], [1], [1, 27], [-1, 2]])
def test_tokens_that_cannot_be_read_are_refused(tokens):
    with pytest.raises(ValueError, match="tokens must be"):
        TRAINER.probe([], tokens=tokens)


@pytest.mark.parametrize("tap", ["blocks.9.attn.z", "blocks.0.attn.z/2", "logits/0", "blocks.0.attn.z/x"])
def test_taps_that_are_not_there_are_refused_by_name(tap):
    with pytest.raises(ValueError, match="taps must name"):
        TRAINER.probe([tap])
