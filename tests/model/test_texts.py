"""Texts to learn from: names, prose, TinyShakespeare and one's own, and what is refused in one sentence."""

import hashlib
import re

import pytest

from model import texts
from model.config import FIELDS, DataConfig
from model.datasets import load_dataset
from model.texts import check_text, first_names
from tests.model.test_datasets import TEXT, halves_as_text, load


def test_first_names_are_about_16500_in_plain_letters():
    names = first_names()
    assert 16_000 <= len(names) <= 17_000
    assert all(re.fullmatch("[a-z]+", name) for name in names)
    assert names == sorted(set(names))
    assert {"james", "sofia", "mehmet"} <= set(names)


def test_every_language_offered_has_names_of_its_own():
    everybody = set(first_names())
    for language in FIELDS["language"].choices:
        names = first_names(language)
        assert len(names) >= 300, language
        assert set(names) <= everybody


def test_names_are_kept_in_the_home_for_the_next_start(tmp_path, monkeypatch):
    first = first_names("it", tmp_path)
    monkeypatch.setattr(texts, "_names_of_faker", lambda: pytest.fail("Faker was read again"))
    assert first_names("it", tmp_path) == first
    assert list(tmp_path.rglob("*names-faker-*.json"))


def test_a_home_that_cannot_be_written_costs_nothing_but_time(tmp_path):
    (tmp_path / "datasets").write_text("a file where the folder should be")
    assert first_names("it", tmp_path) == first_names("it")


def test_prose_is_plain_english_and_long_enough():
    learned, held_out = halves_as_text(load(dataset="prose"))
    assert 400_000 < len(learned) + len(held_out) < 520_000
    assert not re.search(r"(?m)^([*=~-])\1+$", learned)
    assert learned.count(" the ") > 3000


def test_shakespeare_without_its_file_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"^dataset shakespeare must be downloaded first, or .*tinyshakespeare\.txt"):
        load_dataset(DataConfig(dataset="shakespeare"), home=tmp_path)


def test_shakespeare_is_read_from_its_file_if_it_is_that_file(tmp_path, monkeypatch):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "tinyshakespeare.txt").write_text(TEXT)
    with pytest.raises(ValueError, match="must be TinyShakespeare"):
        load_dataset(DataConfig(dataset="shakespeare"), home=tmp_path)
    monkeypatch.setattr(texts, "SHA256", hashlib.sha256(TEXT.encode()).hexdigest())
    dataset = load_dataset(DataConfig(dataset="shakespeare"), home=tmp_path)
    assert "".join(halves_as_text(dataset)) == TEXT


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "text must have at least 200 characters; got an empty one"),
        (b" \n" * 300, "text must have at least 200 characters; got an empty one"),
        (b"short", "text must have at least 200 characters; got 5"),
        (b"a" * 500, "text must have at least 2 different characters; got only 'a'"),
        (b"a b " * 600_000, "text may have at most 2 MB; got 2.4 MB"),
        (b"\x89PNG\x00\x01" * 100, "text must be plain text in UTF-8; got a binary file"),
        (b"caf\xe9 " * 100, "text must be plain text in UTF-8; got other bytes from byte 4 on (save it as UTF-8)"),
    ],
    ids=["empty", "blank", "short", "monotone", "large", "binary", "latin-1"],
)
def test_a_text_that_cannot_be_used_is_refused_in_one_sentence(data, sentence):
    with pytest.raises(ValueError) as refused:
        check_text(data)
    assert str(refused.value) == sentence


def test_a_text_of_two_megabytes_is_taken():
    assert len(check_text(b"ab" * 1_000_000)) == 2_000_000


def test_line_ends_and_byte_order_marks_of_other_systems_are_made_equal():
    assert check_text(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()) == TEXT


def test_a_text_with_too_many_characters_is_told_about_bytes():
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
    with pytest.raises(ValueError, match="tokenizer must be byte"):
        load_dataset(DataConfig(dataset="text"), text=text)
    assert load_dataset(DataConfig(dataset="text", tokenizer="byte"), text=text).vocab_size == 256
