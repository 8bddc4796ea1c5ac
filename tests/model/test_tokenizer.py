import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.tokenizer import ByteTokenizer, CharacterTokenizer, SymbolTokenizer, from_json

SYMBOLS = SymbolTokenizer(("0", "1", "12", "+", "="))


@given(st.text(min_size=1))
def test_characters_come_back(text):
    tokenizer = CharacterTokenizer.of(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert list(tokenizer.vocab) == sorted(set(text))


@given(st.text())
def test_bytes_come_back(text):
    tokens = ByteTokenizer().encode(text)
    assert ByteTokenizer().decode(tokens) == text
    assert bytes(tokens) == text.encode("utf-8")


@given(st.lists(st.sampled_from(SYMBOLS.vocab)))
def test_symbols_come_back(symbols):
    tokens = SYMBOLS.encode(" ".join(symbols))
    assert len(tokens) == len(symbols)
    assert SYMBOLS.decode(tokens) == " ".join(symbols)


@given(st.binary())
def test_bytes_that_are_no_text_decode_without_an_error(data):
    assert ByteTokenizer().decode(list(data)) == data.decode("utf-8", errors="replace")


def test_a_number_is_one_symbol():
    assert SYMBOLS.encode("12 + 1 =") == [2, 3, 1, 4]


def test_unknown_characters_are_named():
    with pytest.raises(ValueError, match=r"text may hold the characters the model knows \(abc\); got 'x', 'y'$"):
        CharacterTokenizer("abc").encode("axby")


def test_unknown_symbols_are_named():
    with pytest.raises(ValueError, match=r"symbols the model knows .* got '13'$"):
        SYMBOLS.encode("13 + 1 =")


def test_too_many_characters_lead_to_the_byte_tokenizer():
    CharacterTokenizer.of("".join(map(chr, range(0x4E00, 0x4E00 + 2048))))
    with pytest.raises(ValueError, match=r"tokenizer must be byte .* 2048 .* got 2049"):
        CharacterTokenizer.of("".join(map(chr, range(0x4E00, 0x4E00 + 2049))))


def test_labels_are_visible():
    tokenizer = CharacterTokenizer("\t\n a\x07\u200b")
    assert tokenizer.labels(range(6)) == ["⇥", "⏎", "␣", "a", "\\x07", "\\u200b"]


def test_labels_of_bytes_are_ascii_or_hexadecimal():
    assert ByteTokenizer().labels([10, 32, 65, 0, 0xC3, 0xFF]) == ["⏎", "␣", "A", "\\x00", "\\xc3", "\\xff"]
    assert len(ByteTokenizer().vocab) == len(set(ByteTokenizer().vocab)) == 256


@pytest.mark.parametrize("tokenizer", [CharacterTokenizer("aé⏎\n"), ByteTokenizer(), SYMBOLS], ids=lambda t: t.kind)
def test_json_keeps_a_tokenizer(tokenizer):
    again = from_json(tokenizer.to_json())
    assert (again.kind, again.vocab) == (tokenizer.kind, tokenizer.vocab)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"kind": "word"}, "kind of tokenizer"), ({"kind": "character", "vocab": ["a"] * 2049}, "at most 2048")],
)
def test_json_of_another_kind_is_refused(fields, sentence):
    with pytest.raises(ValueError, match=sentence):
        from_json(json.dumps(fields))
