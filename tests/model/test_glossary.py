import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from model.config import ModelConfig
from model.glossary import GLOSSARY, first_letters, found
from model.trace_names import last
from model.transformer import Transformer
from model.words import mathml

MODEL = Path(__file__).parents[2] / "model"
TEXTS = [*MODEL.glob("words*.py"), MODEL / "glossary.toml"]
PAGES = {
    "train", "step", "attention", "embeddings", "autograd", "generate", "tokens", "compare", "foundations", "beyond",
    "classroom",
}  # fmt: skip
# The names that code and screen share.
NAMES = [
    "vocab_size", "block_size", "n_layers", "n_heads", "d_model", "d_head", "d_mlp", "B", "T", "C", "H", "D", "V",
    "tokens", "targets", "text", "tok_emb", "pos_emb", "resid_pre", "resid_mid", "resid_post", "q", "k", "v",
    "scores", "masked_scores", "pattern", "z", "attn_out", "mlp_pre", "mlp_post", "mlp_out", "norm1", "norm2",
    "norm_final", "unembed", "logits", "probs", "loss", "step", "learning_rate", "grad", "grad_norm", "w_q", "w_k",
    "w_v", "w_o", "w_in", "w_gate", "w_out", "q_norm", "k_norm", "q_rot", "k_rot", "token_loss", "embedded", "m",
]  # fmt: skip
# What the sentences of an operation take for granted.
TERMS = [
    "attention", "head", "query", "key", "value", "residual stream", "softmax", "cross-entropy", "nats", "gradient",
    "chain rule", "backpropagation", "learning rate", "optimizer", "weight decay", "clipping", "perplexity", "epoch",
    "batch", "context length", "token", "vocabulary", "embedding", "LayerNorm", "RMSNorm", "BatchNorm", "RoPE",
    "ALiBi", "causal mask", "overfitting", "dead unit", "saturation", "update-to-weight ratio", "bias", "gain",
    "hidden unit", "gate", "MLP", "bend", "standard deviation", "root mean square", "running mean", "channel",
    "position", "weighted sum", "warm-up", "momentum", "Muon", "Adam's m", "Adam's v", "QK-norm", "tied embeddings",
    "residual connection", "sigmoid", "slope", "logit", "probability",
]  # fmt: skip

every_term = pytest.mark.parametrize("key", GLOSSARY)
KNOWN = {word.lower() for key, term in GLOSSARY.items() for word in (key, term.name, *term.also)}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"activation": "swiglu", "positions": "rope", "qk_norm": True, "norm_embedding": True},
        {"positions": "alibi", "norm_placement": "post"},
        {"positions": "none", "has_mlp": False},
    ],
)
def test_every_tap_has_an_entry(options):
    taps = Transformer(ModelConfig(d_model=8, n_heads=2, **options)).tap_names()
    assert {last(tap) for tap in taps} <= GLOSSARY.keys()


@pytest.mark.parametrize("word", NAMES + TERMS)
def test_every_word_that_is_taken_for_granted_is_explained(word):
    assert word.lower() in KNOWN


@every_term
def test_an_entry_is_one_plain_paragraph(key):
    term = GLOSSARY[key]
    assert term.paragraph.endswith((".", ".)"))
    assert 30 <= len(term.paragraph) <= 500
    assert "  " not in term.paragraph
    assert not re.search(r"[{}\\<>]", term.paragraph)


@every_term
def test_its_formula_can_be_drawn(key):
    formula = GLOSSARY[key].formula
    texts = [element.text or "" for element in ET.fromstring(mathml(formula)).iter()] if formula else []
    assert not any(re.search(r"[\\&_}]", text) for text in texts)


@every_term
def test_it_leads_to_a_page_and_there_to_an_operation(key, traced):
    page, _, operation = GLOSSARY[key].where.partition("/")
    assert page in PAGES
    cases = [traced(positions="learned"), traced(positions="rope"), traced(qk_norm=True), traced(norm_embedding=True)]
    cases += [traced(activation="swiglu")]
    assert not operation or any(operation == o.name for case in cases for o in case.trace.operations)


def test_no_word_has_two_entries():
    uses = Counter(word for key, term in GLOSSARY.items() for word in {key, *term.also})
    assert [word for word, n in uses.items() if n > 1] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_the_texts_explain_and_do_not_praise(path):
    praise = r"robust|powerful|comprehensive|enhanced|seamless|cutting.edge|simply|obviously|crucial|delve|leverag"
    assert not re.search(praise, path.read_text("utf-8"), re.IGNORECASE)


def test_what_is_sought_comes_first_by_its_name_then_by_its_explanation():
    sought = {"softmax": "Softmax", " SOFTMAX ": "Softmax", "C": "Channel", "bpe": "Byte-pair encoding"}
    for words, name in sought.items():
        assert found(words)[0].name == name
    named = ["softmax" in " ".join((term.name, *term.also)).lower() for term in found("softmax")]
    assert named == sorted(named, reverse=True)
    assert not all(named), "terms that are explained with it are found too"
    assert found("no such word") == []


def test_every_term_is_found_under_its_letter():
    letters = first_letters()
    assert letters == sorted(set(letters))
    assert {first_letters([term])[0] for term in GLOSSARY.values()} == set(letters)
