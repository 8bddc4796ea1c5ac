import numpy as np
import pytest

from model.config import DataConfig
from model.datasets import load_dataset
from model.token_colours import colourings, kind_of

KINDS = ("vowel", "consonant", "digit", "space or line end", "other sign", "several characters")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("a", 0), ("É", 0), ("y", 1), ("ß", 1), ("7", 2), (" ", 3), ("\n", 3), (";", 4), ("☺", 4), ("the", 5),
     ("\\xff", 4)],
)  # fmt: skip
def test_a_character_is_of_its_kind(text, kind):
    assert kind_of(text) == kind


def ways(tmp_path, **data):
    dataset = load_dataset(DataConfig(**data), home=tmp_path)
    return dataset, {way.key: way for way in colourings(dataset)}


def test_a_text_is_coloured_by_kind_alphabet_and_frequency(tmp_path):
    dataset, found = ways(tmp_path)
    assert list(found) == ["kind", "alphabet", "frequency"]
    assert found["kind"].names == KINDS
    assert [len(way.values) for way in found.values()] == [dataset.vocab_size] * 3


def test_frequencies_are_the_shares_of_the_training_part(tmp_path):
    dataset, found = ways(tmp_path)
    tokens = np.concatenate([dataset.training.take(np.array([i]), 32).tokens[0] for i in range(0, 3200, 32)])
    shares = 10 ** np.array([-9 if value is None else value for value in found["frequency"].values])
    assert shares.sum() == pytest.approx(100, rel=1e-3)
    counted = 100 * np.bincount(tokens, minlength=dataset.vocab_size) / len(tokens)
    assert np.corrcoef(shares, counted)[0, 1] > 0.97


def test_numbers_modulo_m_stand_on_a_circle(tmp_path):
    way = ways(tmp_path, dataset="modular", modulus=13, tokenizer="symbol")[1]["number"]
    assert (way.kind, way.period) == ("cycle", 13)
    assert way.values == (*map(float, range(13)), None)


def test_brackets_are_coloured_by_their_kind(tmp_path):
    dataset, found = ways(tmp_path, dataset="brackets", tokenizer="symbol", task_length=6)
    kinds = dict(zip(dataset.tokenizer.vocab, found["bracket"].values, strict=True))
    assert kinds["["] == kinds["]"] != kinds["("] == kinds[")"]
