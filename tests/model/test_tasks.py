import numpy as np
import pytest

from model.config import DataConfig
from model.datasets import load_dataset
from model.tasks import check_row_fits, make_exercises, row_length
from model.tokenizer import SymbolTokenizer

TASKS = ("copy", "reverse", "sort", "add", "modular", "brackets", "induction")


def exercises_as_text(dataset, **fields):
    """Each exercise as its question's symbols and the symbols that count."""
    made = make_exercises(DataConfig(dataset=dataset, **fields))
    for row, counts in zip(made.table[:200], made.counts[:200], strict=True):
        first = int(counts.argmax())
        symbols = [made.symbols[token] for token in row]
        yield symbols[: first + 1], [symbol for symbol, counted in zip(symbols[1:], counts, strict=True) if counted]


@pytest.mark.parametrize(("dataset", "answer_to"), [("copy", list), ("reverse", lambda q: q[::-1]), ("sort", sorted)])
def test_letters_are_rearranged(dataset, answer_to):
    for question, answer in exercises_as_text(dataset, task_length=7):
        assert question[-1] == "→"
        assert len(question) == 8
        assert answer == list(answer_to(question[:-1]))


@pytest.mark.parametrize("task_length", [1, 3, 25])
def test_sums_are_right(task_length):
    for question, answer in exercises_as_text("add", task_length=task_length):
        a, b = "".join(question[:-1]).split("+")
        assert question[-1] == "="
        assert len(a) == len(b) == task_length
        assert len(answer) == task_length + 1
        assert int("".join(reversed(answer))) == int(a) + int(b)


def test_the_whole_modular_table_is_there_once():
    made = make_exercises(DataConfig(dataset="modular", modulus=31))
    assert len(made.table) == 31**2
    assert {(a, b) for a, b, _, _ in made.table.tolist()} == {(a, b) for a in range(31) for b in range(31)}
    assert all(c == (a + b) % 31 and equals == 31 for a, b, equals, c in made.table.tolist())
    assert made.counts.tolist() == [[False, False, True]] * 31**2


def test_brackets_close_what_is_open():
    closing = dict(zip("([{", ")]}", strict=True))
    for question, answer in exercises_as_text("brackets", task_length=9):
        still_open = []
        for bracket in question[:-1]:
            if bracket in closing:
                still_open.append(closing[bracket])
            else:
                assert bracket == still_open.pop()
        assert answer == [*reversed(still_open), "."]


def test_brackets_are_not_all_alike():
    open_at_end = [len(answer) - 1 for _, answer in exercises_as_text("brackets", task_length=10)]
    assert len(set(open_at_end)) > 3


def test_induction_counts_just_what_was_seen_before():
    made = make_exercises(DataConfig(dataset="induction"))
    for row, counts in zip(made.table[:200].tolist(), made.counts[:200].tolist(), strict=True):
        period = row.index(row[0], 1)
        assert len(set(row[:period])) == period
        assert all(row[t] == row[t - period] for t in range(period, 41))
        assert counts == [t + 1 > period for t in range(40)]


def test_induction_periods_are_random():
    made = make_exercises(DataConfig(dataset="induction"))
    periods = np.bincount(39 - made.counts.sum(axis=1) + 1, minlength=21)[6:21]
    assert periods.sum() == len(made.table)
    assert periods.min() > 0.8 * len(made.table) / 15


@pytest.mark.parametrize("dataset", TASKS)
@pytest.mark.parametrize("task_length", [1, 6, 60])
def test_a_question_occurs_once(dataset, task_length):
    made = make_exercises(DataConfig(dataset=dataset, task_length=task_length))
    questions = made.table[:, : made.n_question]
    assert len(np.unique(questions, axis=0)) == len(questions)


@pytest.mark.parametrize("dataset", TASKS)
@pytest.mark.parametrize("task_length", [1, 6, 60])
def test_no_question_is_both_learned_and_held_out(dataset, task_length):
    data = DataConfig(dataset=dataset, task_length=task_length, train_share=0.6)
    loaded, n_question = load_dataset(data), make_exercises(data).n_question
    halves = [pool.take(np.arange(pool.n_rows(256)), 256) for pool in (loaded.training, loaded.heldout)]
    rows = [np.concatenate([half.tokens, half.targets[:, -1:]], axis=1) for half in halves]
    learned, held_out = ({row.tobytes() for row in half[:, :n_question].copy()} for half in rows)
    assert learned.isdisjoint(held_out)
    assert len(learned) == pytest.approx(0.6 * (len(learned) + len(held_out)), abs=1)


@pytest.mark.parametrize("dataset", TASKS)
@pytest.mark.parametrize("task_length", [1, 9])
def test_row_length_is_what_a_model_reads(dataset, task_length):
    data = DataConfig(dataset=dataset, task_length=task_length)
    batch = load_dataset(data).draw(np.random.default_rng(0), 4, 256)
    assert batch.tokens.shape == (4, row_length(data))


@pytest.mark.parametrize("dataset", TASKS)
def test_only_symbols_that_can_be_answers_count(dataset):
    made = make_exercises(DataConfig(dataset=dataset))
    answers = np.unique(made.table[:, 1:][made.counts])
    assert len(answers) == made.guess_count
    assert len(made.symbols) == len(set(made.symbols))
    assert SymbolTokenizer(made.symbols).encode(" ".join(made.symbols)) == list(range(len(made.symbols)))


def test_rows_that_do_not_fit_are_refused_in_one_line():
    check_row_fits(DataConfig(dataset="add", task_length=10), block_size=32)
    with pytest.raises(ValueError, match=r"^block_size must be at least 35 or task_length lower .* task_length=11$"):
        check_row_fits(DataConfig(dataset="add", task_length=11), block_size=32)
    with pytest.raises(ValueError, match=r"^block_size must be at least 40 for the rows of induction; got"):
        check_row_fits(DataConfig(dataset="induction"), block_size=39)


def test_exercises_are_the_same_every_time():
    data = DataConfig(dataset="brackets")
    assert np.array_equal(make_exercises(data).table, make_exercises(data).table)
