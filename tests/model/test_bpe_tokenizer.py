import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.bpe import borders, pieces
from model.bpe_tokenizer import BpeTokenizer
from model.fields import MAX_MERGES
from model.tokenizer import from_json

TEXT = "the writer was writing what the writer had written. naïve naïve 😀😀 שלום שלום\n" * 5
LEARNED = BpeTokenizer.learned(TEXT, 80)
SAMPLES = [
    "", "\n", "the writer", "wrote 😀", "مرحبا بالعالم", "👩‍👩‍👧‍👦 é\u0301", "<b>bold</b> &amp; \x00\x1b", "a" * 5000,
    "\r\n\t  x",
]  # fmt: skip


@pytest.mark.parametrize("text", SAMPLES)
def test_a_text_comes_back(text):
    assert LEARNED.decode(LEARNED.encode(text)) == text


@settings(deadline=None)
@given(st.text())
def test_any_text_comes_back(text):
    assert LEARNED.decode(LEARNED.encode(text)) == text


@settings(deadline=None)
@given(st.text() | st.text(st.sampled_from("writeng \n")))
def test_the_encoding_is_that_of_the_merges_in_their_order(text):
    n_tokens = sum(border == 0 for border in borders(text, LEARNED.merges))
    assert len(LEARNED.encode(text)) == n_tokens


@given(st.lists(st.integers(0, len(LEARNED.vocab) - 1)))
def test_any_tokens_decode_without_an_error(tokens):
    assert isinstance(LEARNED.decode(tokens), str)


def test_a_byte_has_its_value_as_id_and_merges_count_on():
    none = BpeTokenizer([])
    assert none.encode("é\n") == [0xC3, 0xA9, 10]
    assert len(none.vocab) == 256
    assert BpeTokenizer([(119, 114), (256, 105)]).encode("wri wr") == [257, 32, 256]


def test_no_token_reaches_over_a_piece():
    assert LEARNED.encode("writing written") == [
        token for piece in pieces("writing written") for token in LEARNED.encode(piece)
    ]
    assert all(label == "⏎" for label in LEARNED.labels(range(len(LEARNED.vocab))) if "⏎" in label)


def test_labels_are_visible():
    half, whole = 0xC3, BpeTokenizer([(0xC3, 0xAF)])
    assert LEARNED.labels([10, 32, half, *LEARNED.encode(" writer")]) == ["⏎", "␣", "\\xc3", "␣writer"]
    assert whole.labels([256]) == ["ï"]


def test_json_keeps_it():
    again = from_json(LEARNED.to_json())
    assert again.kind == "bpe"
    assert (again.vocab, again.encode(TEXT)) == (LEARNED.vocab, LEARNED.encode(TEXT))


@pytest.mark.parametrize(("merges", "sentence"), [
    ([[97, 256]], r"known by then; got \[97, 256\] as number 1"),
    ([[97]], "pairs of tokens"),
    ([[97, True]], "pairs of tokens"),
    ([[97, 98]] * (MAX_MERGES + 1), f"at most {MAX_MERGES}; got {MAX_MERGES + 1}"),
])  # fmt: skip
def test_merges_that_are_none_are_refused(merges, sentence):
    with pytest.raises(ValueError, match=sentence):
        from_json(json.dumps({"kind": "bpe", "merges": merges}))


def test_a_long_word_without_spaces_takes_no_long_time():
    assert len(BpeTokenizer.learned("ab" * 100_000, 50).encode("ab" * 100_000)) < 20_000
