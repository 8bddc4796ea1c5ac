"""What the Generate page asks a run."""

import math

import numpy as np
import pytest
import torch

from model.sampling import Rule, draw, stages, uniform
from tests.model.runs.conftest import TINY, look, trained_job

PROMPT = [0, 13, 1]


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return trained_job(tmp_path_factory.mktemp("job"), TINY.replace(dataset="names", vocab_size=27))


def test_the_next_token_is_what_the_model_says_of_the_last_tokens_that_it_can_read(job):
    size = job.trainer.config.model.block_size
    tokens = list(np.random.default_rng(0).integers(0, 27, size + 9).tolist())
    header, arrays = look(job, "next_token", tokens=tokens)
    with torch.no_grad():
        expected = job.trainer.model(torch.tensor([tokens[-size:]]))[0, -1]
    assert header["window"] == tokens[-size:]
    np.testing.assert_allclose(arrays["logits"], expected, rtol=1e-5, atol=1e-5)


def test_the_lens_ranks_the_token_that_really_follows(job):
    _, arrays = look(job, "next_token", tokens=PROMPT)
    probs = np.exp(arrays["logits"] - np.logaddexp.reduce(arrays["logits"]))
    np.testing.assert_allclose(arrays["likeliest_probability"][-1, -1], np.sort(probs)[::-1][:8], rtol=1e-5)
    with torch.no_grad():
        first = job.trainer.model(torch.tensor([PROMPT]))[0, 0]
    assert arrays["true_rank"][-1, 0] == (first > first[PROMPT[1]]).sum()
    np.testing.assert_allclose(arrays["true_probability"][-1, 0], first.softmax(-1)[PROMPT[1]], rtol=1e-5)
    assert arrays["true_rank"].shape == (job.trainer.config.model.n_layers + 1, len(PROMPT) - 1)


def test_a_continuation_is_what_drawing_by_hand_gives(job):
    rule = {"temperature": 0.8, "top_k": 9, "top_p": 0.9}
    header, _ = look(job, "continuation", tokens=PROMPT, rule=rule, seed=3, n=12)
    tokens = list(PROMPT)
    for i in range(len(header["tokens"])):
        passed = stages(look(job, "next_token", tokens=tokens)[1]["logits"], Rule(**rule))
        tokens.append(draw(passed.top_p, passed.order, uniform(3, i)))
    assert tokens[len(PROMPT) :] == header["tokens"]
    assert header["ended"] == (tokens[-1] == job.dataset.stop_token)
    assert look(job, "continuation", tokens=PROMPT, rule=rule, seed=3, n=12, at=5)[0]["tokens"] == header["tokens"]


def test_surprise_is_compared_with_guessing(job):
    header, arrays = look(job, "surprise", text="anna")
    assert header["tokens"] == job.dataset.tokenizer.encode("\nanna\n")
    assert header["mean"] == pytest.approx(arrays["losses"].mean(), rel=1e-6)
    assert header["guess_count"] == 27
    counts = job.dataset.training.counts(27) + 1
    by_hand = [-math.log(counts[token] / counts.sum()) for token in header["tokens"][1:]]
    np.testing.assert_allclose(arrays["by_frequency"], by_hand, rtol=1e-6)
    assert job.dataset.frequencies.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("what", "order", "words"),
    [
        ("next_token", {"tokens": []}, "tokens must be a list of ids below 27, at least one"),
        ("next_token", {"tokens": [27]}, "tokens must be"),
        ("next_token", {"tokens": [True]}, "tokens must be"),
        ("next_token", {"tokens": "ab"}, "tokens must be"),
        ("continuation", {"rule": {"temperature": -1}}, "temperature must be"),
        ("continuation", {"rule": {"top": 1}}, "rule may have"),
        ("continuation", {"rule": [1]}, "rule may have"),
        ("continuation", {"seed": -1}, "seed must be"),
        ("continuation", {"n": 33}, "n must be a whole number from 1 to 32"),
        ("surprise", {"text": 5}, "text must be a text"),
        ("surprise", {"text": ""}, "at least two tokens"),
        ("surprise", {"text": "na7me"}, "got '7'"),
        ("surprise", {"text": "\ud800"}, "text may hold"),
        ("surprise", {"text": "😀 שלום"}, "text may hold"),
        ("surprise", {"tokens": [1]}, "at least two tokens"),
    ],
)
def test_a_question_without_sense_is_refused_in_a_sentence(job, what, order, words):
    with pytest.raises(ValueError, match=words):
        look(job, what, **order)


def test_a_text_of_a_megabyte_is_measured_as_far_as_it_is_shown(job):
    header, arrays = look(job, "surprise", text="anna\n" * 200_000)
    assert len(header["tokens"]) == 2048
    assert arrays["losses"].shape == (2047,)
    assert header["remark"] == "Only the first 2,048 tokens are shown."
