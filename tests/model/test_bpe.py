import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import texts
from model.bpe import N_BYTES, Learner, borders, join, pieces, spelled
from model.bpe_record import EXAMPLE
from model.bpe_tokenizer import BpeTokenizer

FIXED = {
    "writing": EXAMPLE,
    "names": texts.names("all", 0.9, None)[0][:6000],
    "prose": texts.prose(0.9)[0][:6000],
    "other scripts": "שלום שלום עולם 😀😀😀 👩‍👩‍👧 naïve naïve Привет Привет 你好你好 \t\t x\r\n\n  y" * 3,
    "one letter": "a" * 50,
    "nothing": "",
}


def few(characters):
    """Texts of few different characters, in which pairs come again and again."""
    return st.text(st.sampled_from(characters), max_size=120)


def of_reference(text, n_merges):
    """The merges that the package `tokenizers` learns."""
    return list(BpeTokenizer.learned(text, n_merges).merges)


def of_ours(text, n_merges):
    learner = Learner(text)
    merges = [learner.step() for _ in range(n_merges)]
    return [merge.pair for merge in merges if merge is not None]


@pytest.mark.parametrize("text", FIXED.values(), ids=FIXED)
def test_the_merges_are_those_of_tokenizers(text):
    assert of_ours(text, 200) == of_reference(text, 200)


@settings(deadline=None, max_examples=300)
@given(few("aab b\n") | few("abcdeé 1.") | st.text())
def test_the_merges_of_any_text_are_those_of_tokenizers(text):
    assert of_ours(text, 60) == of_reference(text, 60)


@given(st.text() | st.text(st.sampled_from("ab \t\n1²_.😀")))
def test_pieces_joined_are_the_text_and_a_line_end_stands_alone(text):
    assert "".join(pieces(text)) == text
    assert all("\n" not in piece or piece == "\n" for piece in pieces(text))


def test_a_word_takes_the_space_before_it_along():
    assert pieces("no  two, 12 signs\n\tend") == ["no", " ", " two", ",", " 12", " signs", "\n", "\t", "end"]


def tokens_at(text, k, found):
    """Ids after k merges as the browser reads them from the borders: the last merge inside a token names it."""
    data, tokens = text.encode(), []
    for i, border in enumerate(found):
        if border == 0 or border > k:
            tokens.append(data[i])
            inside = 0
        else:
            inside = max(inside, border)
            tokens[-1] = N_BYTES - 1 + inside
    return tokens


@settings(deadline=None, max_examples=150)
@given(few("aab b\n") | few("abcé \n"), st.integers(0, 40))
def test_borders_give_the_tokens_after_every_merge(text, k):
    merges = of_ours(text, 40)
    found = borders(text, merges)
    assert tokens_at(text, k, found) == BpeTokenizer(merges[:k]).encode(text)


def test_a_step_says_what_it_counted_and_what_came_of_it():
    learner = Learner("abab abc")
    merge = learner.step()
    assert (merge.pair, merge.count, merge.token) == ((97, 98), 3, 256)
    assert merge.ranked == (((97, 98), 3), ((32, 97), 1), ((98, 97), 1), ((98, 99), 1))
    assert merge.n_tokens == 5  # ab ab · space ab c


def test_of_equally_frequent_pairs_the_smaller_left_id_wins_then_the_smaller_right_one():
    assert of_ours("zy\nzx\nyz\nyx\n" * 2, 2) == [(121, 120), (121, 122)]


def test_learning_ends_when_no_pair_stands_twice():
    assert of_ours("abcdefg", 10) == []
    assert len(of_ours("abc\nabc", 10)) == 2


def test_the_same_bytes_never_come_of_two_pairs():
    for text in FIXED.values():
        table = spelled(of_ours(text, 300))
        assert len(set(table)) == len(table)


def test_three_in_a_row_merge_from_the_left():
    assert join([97, 97, 97], (97, 97), 256) == [256, 97]


def test_writ_ends_up_inside_writing_written_and_writer():
    table = spelled(of_ours(EXAMPLE, 60))
    assert {b" writ", b" writing", b" written", b" writer"} <= set(table)
