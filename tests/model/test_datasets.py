import hashlib
import re
from itertools import pairwise

import numpy as np
import pytest

from model.bpe_tokenizer import BpeTokenizer
from model.config import FIELDS, DataConfig, RunConfig
from model.datasets import load_dataset
from model.descriptions import ABOUT
from model.pools import Lines, Windows
from model.texts import first_names

TEXT = "".join(f"Line {n} of a text that is my own.\n" for n in range(60))
OFFLINE = [name for name in ABOUT if name != "shakespeare"]


def load(**fields):
    return load_dataset(DataConfig(**fields), text=TEXT if fields.get("dataset") == "text" else None)


def rng():
    return np.random.default_rng(5)


def halves_as_text(dataset):
    """The training and the held-out part, decoded."""
    return [dataset.tokenizer.decode(pool._tokens.tolist()) for pool in (dataset.training, dataset.heldout)]


def test_byte_pairs_are_learned_from_the_training_text_alone():
    own = "abab\n" * 60 + "xyxy\n" * 60
    dataset = load_dataset(DataConfig(dataset="text", tokenizer="bpe", n_merges=20, train_share=0.5), text=own)
    made = set(dataset.tokenizer.vocab[256:])
    assert "abab" in made
    assert not {"xy", "yx"} & made
    assert halves_as_text(dataset) == [own[:300], own[300:]]
    assert dataset.vocab_size == 256 + len(made)


@pytest.mark.parametrize("layout", ["stream", "document"])
def test_names_on_byte_pairs_end_with_a_line_end_of_their_own(layout):
    dataset = load(tokenizer="bpe", n_merges=50, layout=layout)
    assert (dataset.vocab_size, dataset.start, dataset.stop_token) == (306, (10,), 10)
    assert dataset.tokenizer.decode(dataset.draw(rng(), 1, 16).tokens[0]).strip("\n").isalpha() or layout == "stream"


def test_a_kept_tokenizer_is_used_as_it_is():
    kept = BpeTokenizer([(97, 110)])
    assert load_dataset(DataConfig(tokenizer="bpe"), tokenizer=kept).tokenizer is kept


def test_no_name_is_both_learned_and_held_out():
    learned, held_out = (set(half.split()) for half in halves_as_text(load(dataset="names")))
    assert learned.isdisjoint(held_out)
    assert learned | held_out == set(first_names())
    assert len(held_out) == pytest.approx(0.1 * len(first_names()), abs=1)


def test_names_are_guessed_among_27():
    names = load(dataset="names")
    assert names.tokenizer.vocab == ("\n", *"abcdefghijklmnopqrstuvwxyz")
    assert names.guess_count == names.vocab_size == 27
    assert names.tokenizer.decode(names.prompt()) == names.tokenizer.vocab[names.stop_token] == "\n"


def test_a_text_is_held_out_from_its_end():
    learned, held_out = halves_as_text(load(dataset="text", train_share=0.8))
    assert learned + held_out == TEXT
    assert len(learned) == int(0.8 * len(TEXT))


def test_prose_held_out_is_not_repeated_in_training():
    learned, held_out = halves_as_text(load(dataset="prose"))
    seen = set(re.split(r"\n\n+", learned))
    assert not [paragraph for paragraph in re.split(r"\n\n+", held_out) if paragraph in seen]


@pytest.mark.parametrize("name", OFFLINE)
def test_targets_are_tokens_shifted_by_one(name):
    batch = load(dataset=name).draw(rng(), 8, 40)
    assert np.array_equal(batch.tokens[:, 1:], batch.targets[:, :-1])
    assert (batch.tokens.dtype, batch.targets.dtype, batch.weights.dtype) == (np.int64, np.int64, np.float32)
    assert batch.tokens.shape == batch.targets.shape == batch.weights.shape


@pytest.mark.parametrize("name", OFFLINE)
def test_equal_configurations_give_equal_data(name):
    first, second = load(dataset=name), load(dataset=name)
    assert (first.sha256, first.tokenizer.vocab) == (second.sha256, second.tokenizer.vocab)
    assert np.array_equal(first.draw(rng(), 8, 40).tokens, second.draw(rng(), 8, 40).tokens)


@pytest.mark.parametrize("name", OFFLINE)
def test_validation_is_fixed_and_small(name):
    dataset = load(dataset=name)
    first, second = dataset.validation(40), dataset.validation(40)
    assert all(np.array_equal(a.tokens, b.tokens) for a, b in zip(first, second, strict=True))
    assert 1 <= len(first) <= 4
    assert all(batch.tokens.size <= 2200 for batch in first)
    assert np.array_equal(dataset.probe_text(40).tokens, dataset.probe_text(40).tokens)
    assert len(dataset.probe_text(40).tokens) == 1


@pytest.mark.parametrize("name", OFFLINE)
def test_every_data_set_says_what_it_is(name):
    dataset = load(dataset=name)
    assert len(dataset.examples) == len(set(dataset.examples)) == 3
    assert all(example.strip() == example and example for example in dataset.examples)
    assert dataset.title
    assert dataset.description.endswith(".")
    assert dataset.watch_for.endswith(".")
    assert dataset.about.source.endswith(".")


def test_every_data_set_can_be_chosen_and_its_suggestions_are_valid():
    assert set(ABOUT) == set(FIELDS["dataset"].choices)
    for name, about in ABOUT.items():
        assert RunConfig().replace(dataset=name, **about.suggests).data.dataset == name


def test_windows_reach_every_token():
    pool = Windows(np.arange(10))
    batch = pool.take(np.arange(pool.n_rows(4)), 4)
    assert batch.tokens[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert batch.targets[-1].tolist() == [6, 7, 8, 9]
    assert batch.weights.sum() == batch.weights.size == 24


def test_a_stream_shorter_than_the_block_is_one_window():
    assert Windows(np.arange(5)).take(np.zeros(1, int), 32).targets.tolist() == [[1, 2, 3, 4]]


def test_lines_are_padded_and_padding_does_not_count():
    pool = Lines(np.array([0, 7, 8, 0, 0, 9, 0]), line_end=0)
    batch = pool.take(np.arange(2), 32)
    assert batch.tokens.tolist() == [[0, 7, 8], [0, 9, 0]]
    assert batch.targets.tolist() == [[7, 8, 0], [9, 0, 0]]
    assert batch.weights.tolist() == [[1, 1, 1], [1, 1, 0]]


def test_long_lines_are_cut_at_the_block():
    batch = Lines(np.array([0, 7, 8, 9, 0]), line_end=0).take(np.zeros(1, int), 2)
    assert (batch.tokens.tolist(), batch.weights.tolist()) == ([[0, 7]], [[1, 1]])


def test_one_name_a_row_is_a_whole_name():
    names = load(dataset="names", layout="document")
    known, batch = set(first_names()), names.draw(rng(), 64, 16)
    for tokens, targets, weights in zip(batch.tokens, batch.targets, batch.weights, strict=True):
        n = int(weights.sum())
        assert names.tokenizer.decode(tokens[:n])[1:] in known
        assert (tokens[0], targets[n - 1], weights[:n].all()) == (names.stop_token, names.stop_token, True)


@pytest.mark.parametrize("layout", ["stream", "document"])
def test_byte_tokens_give_back_the_text(layout):
    dataset = load(dataset="text", tokenizer="byte", layout=layout)
    assert dataset.vocab_size == 256
    assert dataset.guess_count == len(set(TEXT))
    assert "".join(halves_as_text(dataset)).replace("\n", "") == TEXT.replace("\n", "")


def test_all_rows_of_a_small_table_are_one_batch():
    modular = load(dataset="modular", modulus=31, train_share=0.5)
    batch = modular.draw(rng(), "all", 8)
    assert batch.tokens.shape == (480, 3)
    assert len(np.unique(batch.tokens[:, :2], axis=0)) == 480
    assert modular.guess_count == 31


def test_all_rows_of_a_large_table_are_refused():
    with pytest.raises(ValueError, match=r"^batch_size may be all for at most 4096 rows of at most 8 tokens; got "):
        load(dataset="names").draw(rng(), "all", 32)


def test_a_sample_of_a_task_starts_with_a_held_out_question():
    add = load(dataset="add", task_length=2)
    assert add.tokenizer.decode(add.prompt()).endswith("=")
    assert len(add.prompt()) == 6
    assert add.answer_length == 3
    assert add.probe_text(32).tokens[0, :6].tolist() == add.prompt()


@pytest.mark.parametrize("task", ["copy", "reverse", "sort", "add", "modular"])
def test_a_task_is_written_as_its_exercises_are(task):
    data = load(dataset=task, task_length=3)
    answer = data.heldout.take(np.zeros(1, np.int64), 32).targets[0, -data.answer_length :].tolist()
    written = data.written(answer)
    assert written.split(" ")[-data.answer_length - 1] in "→="
    assert data.tokenizer.encode(written) == [*data.prompt(), *answer]


def test_an_answer_in_brackets_ends_when_nothing_is_open():
    data = load(dataset="brackets", task_length=4)
    written = data.written(data.tokenizer.encode(") ] . ( ( (")[: data.answer_length])
    assert written == f"{data.tokenizer.decode(data.prompt())} ) ] ."
    assert data.written(data.tokenizer.encode("( ( ( ( (")).endswith("→ ( ( ( ( (")


def test_an_induction_has_an_arrow_where_the_model_goes_on():
    data = load(dataset="induction")
    assert data.written([3, 1]) == f"{data.tokenizer.decode(data.prompt())} → 3 1"


def test_own_text_is_the_runs_own():
    sha256 = hashlib.sha256(TEXT.encode()).hexdigest()
    assert load(dataset="text", text_sha256=sha256).sha256 == sha256
    with pytest.raises(ValueError, match=r"^text must be the run's own"):
        load(dataset="text", text_sha256="0" * 64)
    with pytest.raises(ValueError, match=r"^text must be given for dataset text"):
        load_dataset(DataConfig(dataset="text"))


def test_a_text_of_one_line_has_no_lines_to_learn_from():
    one_line = "word " * 100 + "\n" * 100
    assert load_dataset(DataConfig(dataset="text"), text=one_line).n_validation == 60
    with pytest.raises(ValueError, match=r"^layout must be stream"):
        load_dataset(DataConfig(dataset="text", layout="document"), text=one_line)


def test_counted_bigrams_of_the_names_give_the_published_loss():
    names = load(dataset="names")
    counts = np.ones((27, 27))
    np.add.at(counts, tuple(np.array(list(pairwise(names.training._tokens))).T), 1)
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))
    held_out = names.heldout._tokens
    assert -logs[held_out[:-1], held_out[1:]].mean() == pytest.approx(2.546, abs=0.03)


def test_a_share_for_training_is_kept_everywhere():
    for name in OFFLINE:
        dataset = load(dataset=name, train_share=0.5)
        assert dataset.n_train / (dataset.n_train + dataset.n_validation) == pytest.approx(0.5, abs=0.08), name


def test_weights_of_a_task_lie_on_its_answer():
    reverse = load(dataset="reverse", task_length=4)
    batch = reverse.draw(rng(), 16, 32)
    assert batch.weights.tolist() == [[0, 0, 0, 0, 1, 1, 1, 1]] * 16
    assert (batch.targets[:, 4:] == batch.tokens[:, 3::-1]).all()
