import pytest

from model.config import DataConfig
from model.datasets import load_dataset
from model.typed import example, read_prompt, read_typed


@pytest.fixture(scope="module")
def names():
    return load_dataset(DataConfig(dataset="names"))


@pytest.fixture(scope="module")
def prose():
    return load_dataset(DataConfig(dataset="prose"))


def read(dataset, text, block_size=8):
    typed = read_typed(text, dataset, block_size)
    return "".join(dataset.tokenizer.labels(typed.tokens)), typed.remark


def test_a_name_stands_between_line_ends_as_in_the_data(names):
    assert read(names, " marela ") == ("⏎marela⏎", "")


def test_prose_is_read_as_it_is(prose):
    assert read(prose, "the cat") == ("the␣cat", "")


def test_an_empty_text_is_an_example_of_the_data(names):
    assert read(names, "", 32)[0] == f"⏎{example(names)}⏎"


def test_nothing_is_said_about_the_end_of_an_example_that_nobody_typed(prose):
    assert read(prose, "", 4) == ("".join(prose.tokenizer.labels(prose.tokenizer.encode(example(prose))[:5])), "")


def test_a_task_without_text_reads_its_own_exercise():
    assert read_typed("", load_dataset(DataConfig(dataset="copy")), 32).tokens is None


def test_what_does_not_fit_is_cut_and_named(names):
    text, remark = read(names, "abcdefghijk")
    assert text == "⏎abcdefgh"
    assert remark == "The model reads 8 tokens at once: what begins with “ijk” did not fit."


def test_a_line_end_that_does_not_fit_is_said_so(names):
    text, remark = read(names, "abcdefgh")
    assert text == "⏎abcdefgh"
    assert remark == "The model reads 8 tokens at once: the end of the line did not fit."


def test_a_megabyte_is_cut_quickly_with_a_short_sentence(prose):
    text, remark = read(prose, "a" * 2**20)
    assert text == "a" * 9
    assert len(remark) < 100


@pytest.mark.parametrize("text", ["Zoë", "😀", "مرحبا", "<b>a</b>", "a" * 8 + "!"])
def test_what_the_vocabulary_does_not_know_is_named(names, text):
    with pytest.raises(ValueError, match="got '"):
        read_typed(text, names, 8)


def test_one_token_is_too_little_to_predict_anything(names, prose):
    assert read(names, "a")[0] == "⏎a⏎"
    with pytest.raises(ValueError, match="at least two tokens"):
        read_typed("a", prose, 8)


def prompt(dataset, text, block_size=8):
    typed = read_prompt(text, dataset, block_size)
    return "".join(dataset.tokenizer.labels(typed.tokens)), typed.remark


def test_a_prompt_begins_as_the_data_do_and_has_no_end(names, prose):
    assert prompt(names, "mar") == ("⏎mar", "")
    assert prompt(names, "  ") == ("⏎", "")
    assert prompt(prose, "the ") == ("the␣", "")
    assert prompt(load_dataset(DataConfig(dataset="sort")), "c a b →", 32) == ("cab→", "")


def test_a_long_prompt_keeps_its_end_and_says_so(names):
    text, remark = prompt(names, "abcdefghijk" * 100_000)
    assert text == "defghijk"
    assert remark == "The model reads 8 tokens at once: of this prompt it sees the last 8."


@pytest.mark.parametrize("text", ["Zoë", "😀", "مرحبا", "<b>a</b>"])
def test_a_prompt_of_unknown_characters_is_refused_by_name(names, text):
    with pytest.raises(ValueError, match="got '"):
        read_prompt(text, names, 8)
