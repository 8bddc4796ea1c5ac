"""What a link may ask for: a run that cannot be made is one sentence and the classroom run, never an exception."""

import os
import signal

import pytest

from model.runs import client
from model.runs.client import connect


@pytest.fixture
def supervisor(supervised):
    """The process that hosts the runs; it goes on after the test."""
    yield supervised[1]
    supervised[1].send_signal(signal.SIGCONT)


def said(at):
    """What the page tells its visitor beside its contents."""
    return [note.value for note in (*at.toast, *at.warning, *at.error)]


def in_link(at, name):
    """A query parameter: a string, or a list of one where the page did not touch it."""
    value = at.query_params[name]
    return value if isinstance(value, str) else value[0]


CANNOT_BE_MADE = [
    ({"preset": "nanogpt"}, "must be downloaded first"),
    ({"dataset": "text"}, "paste or upload"),
    ({"n_layers": "99"}, "n_layers must be"),
    ({"preset": "nope"}, "preset must be"),
]


@pytest.mark.parametrize(("query", "reason"), CANNOT_BE_MADE)
def test_a_link_to_what_cannot_be_made_is_explained_once(opened, query, reason):
    at = opened(**query)
    assert not at.exception
    assert [reason in sentence for sentence in said(at)] == [True]
    assert not said(at.run()), "it was said again"


def test_a_link_to_what_is_missing_keeps_its_settings_for_the_next_run(opened):
    at = opened(dataset="text", n_layers="1")
    assert (in_link(at, "dataset"), in_link(at, "n_layers")) == ("text", "1")


def test_wrong_settings_beside_a_run_are_explained_at_once(opened):
    run = in_link(opened(), "run")
    at = opened(run=run, n_layers="99")
    assert "n_layers must be" in said(at)[0]


@pytest.mark.parametrize("run", ["../../etc", "deadbeef" * 4, "x" * 5000])
def test_a_link_to_no_run_starts_one_and_says_so(opened, run):
    at = opened(run=run)
    assert not at.exception
    assert "A new run was started instead." in said(at)[0]
    assert in_link(at, "run") != run


@pytest.mark.parametrize("page", ["train", "step"])
def test_a_host_that_does_not_answer_costs_nobody_a_run(opened, supervisor, monkeypatch, page):
    at = opened().switch_page(f"{page}.py").run()
    run, before = in_link(at, "run"), len(os.listdir(connect().home / "runs"))
    supervisor.send_signal(signal.SIGSTOP)
    with monkeypatch.context() as impatient:
        impatient.setattr(client, "SECONDS_TO_ANSWER", 0.3)
        at.run()
    assert not at.exception
    assert ["does not answer" in error.value for error in at.error] == [True]
    supervisor.send_signal(signal.SIGCONT)
    at.button[0].click().run()
    assert not at.error
    assert in_link(at, "run") == run
    assert len(os.listdir(connect().home / "runs")) == before


def test_a_run_that_was_deleted_elsewhere_leaves_a_sentence_and_a_new_run(opened):
    at = opened()
    run = in_link(at, "run")
    connect().command(run, at.session_state["browser_key"], "delete")
    at.run()
    assert not at.exception
    assert "deleted" in at.warning[0].value
    assert [button.label for button in at.button] == ["New run"]
    assert in_link(at, "run") == run
    at.button[0].click().run()
    assert in_link(at, "run") != run
    assert not at.warning


def test_an_emptied_number_keeps_its_value(opened):
    at = opened()
    rate = at.number_input(key="setting:learning_rate")
    before = rate.value
    rate.set_value(None).run()
    assert not at.exception
    assert at.number_input(key="setting:learning_rate").value == before


def test_the_field_that_renames_a_run_says_the_name_of_the_one_on_screen(opened):
    def field():
        return next(each for each in at.text_input if each.label == "Name")

    at = opened()
    field().set_value("my first").run()
    assert connect().request("describe", run=in_link(at, "run"))[0]["name"] == "my first"
    assert field().value == "my first"
    next(button for button in at.button if button.label == "New run").click().run()
    assert field().value == connect().request("describe", run=in_link(at, "run"))[0]["name"] != "my first"


@pytest.mark.parametrize(("rate", "end"), [(50.0, 1.0), (1e-9, 1e-5)])
def test_a_rate_out_of_its_sliders_range_leaves_the_slider_at_its_end(opened, rate, end):
    at = opened()
    at.number_input(key="setting:learning_rate").set_value(rate).run()
    assert not at.exception
    assert at.number_input(key="setting:learning_rate").value == rate
    assert at.select_slider(key="setting:learning_rate:slider").value == end
    at.select_slider(key="setting:learning_rate:slider").set_value(0.01).run()
    assert at.number_input(key="setting:learning_rate").value == 0.01


def test_a_number_out_of_a_sliders_range_stands_beside_it(opened):
    at = opened(grad_clip="80")
    assert at.slider(key="setting:grad_clip:slider").value == 5
    assert at.number_input(key="setting:grad_clip").value == 80
    at.slider(key="setting:grad_clip:slider").set_value(2.0).run()
    assert not at.exception
    assert at.slider(key="setting:grad_clip").value == 2


def choose(at, field, value):
    at.selectbox(key=f"setting:{field}").set_value(value).run()
    assert not at.exception
    return at


def test_another_data_set_takes_the_suggestions_of_the_one_before_back(opened):
    at = opened()
    at.session_state["settings_open"], at.session_state["settings_tab"] = True, "Data"
    at.run()
    assert in_link(choose(at, "dataset", "modular"), "batch_size") == "all"
    choose(at, "dataset", "names")
    assert dict(at.query_params).keys() == {"run"}, "a table is no batch of names"


def test_from_a_run_on_a_table_there_is_a_way_to_names_and_to_a_number_of_rows(opened):
    at = opened(dataset="modular", batch_size="all", n_steps="20")
    at.session_state["settings_open"], at.session_state["settings_tab"] = True, "Data"
    at.run()
    assert in_link(choose(at, "dataset", "names"), "batch_size") == "32"
    assert "64" in at.selectbox(key="setting:batch_size").options


def test_byte_pairs_are_chosen_in_the_settings_and_go_into_link_and_run(opened):
    at = opened()
    at.session_state["settings_open"], at.session_state["settings_tab"] = True, "Data"
    at.run()
    assert not [each for each in at.slider if each.key == "setting:n_merges"], "shown with byte pairs only"
    choose(at, "tokenizer", "bpe")
    at.slider(key="setting:n_merges").set_value(40).run()
    assert (in_link(at, "tokenizer"), in_link(at, "n_merges")) == ("bpe", "40")
    next(button for button in at.button if button.label == "Start new run").click().run()
    assert not at.exception
    config = connect().request("describe", run=in_link(at, "run"))[0]["config"]
    assert (config["tokenizer"], config["n_merges"], config["vocab_size"]) == ("bpe", 40, 296)
    choose(at, "dataset", "copy")
    assert not [each for each in at.slider if each.key == "setting:n_merges"], "tasks use symbols"


def test_a_link_with_byte_pairs_starts_such_a_run(opened):
    at = opened(tokenizer="bpe", n_merges="25")
    config = connect().request("describe", run=in_link(at, "run"))[0]["config"]
    assert (config["tokenizer"], config["vocab_size"]) == ("bpe", 281)
    assert "n_merges must be a whole number from 1 to 1792" in said(opened(tokenizer="bpe", n_merges="1793"))[0]


def test_a_text_of_more_characters_than_a_vocabulary_has_is_refused_before_it_is_called_ready(opened):
    at = opened()
    at.session_state["settings_open"], at.session_state["settings_tab"] = True, "Data"
    choose(at.run(), "dataset", "text")
    at.text_area(key="pasted_text").set_value("".join(map(chr, range(0x4E00, 0x4E00 + 2100)))).run()
    assert not at.success
    assert ["must be byte" in note.value for note in at.info] == [True]
    choose(at, "tokenizer", "byte")
    assert ["2,100 characters are ready" in note.value for note in at.success] == [True]


def test_a_run_on_ones_own_text_is_followed_by_one_on_the_same_or_another(opened):
    at = opened()
    at.session_state["settings_open"], at.session_state["settings_tab"] = True, "Data"
    choose(at.run(), "dataset", "text")
    for text in ("a stitch in time saves nine. " * 20, "", "all that glitters is not gold. " * 20):
        if text:
            at.text_area(key="pasted_text").set_value(text).run()
        else:
            del at.session_state["own_text"]  # another day: the text is known to the run alone
            at.text_area(key="pasted_text").set_value("").run()
        before = in_link(at, "run")
        next(button for button in at.button if button.label == "Start new run").click().run()
        assert in_link(at, "run") != before, said(at)


def test_the_glossary_finds_a_term_by_link_and_by_word_and_says_when_there_is_none(opened):
    at = opened(term="cosine similarity")
    at.switch_page("glossary.py").run()
    assert not at.exception
    assert at.markdown[0].value.startswith("**Cosine similarity**")
    assert "lVert" in at.latex[0].value
    at.text_input(key="term").set_value("softmax").run()
    assert at.markdown[0].value.startswith("**Softmax**")
    assert in_link(at, "term") == "softmax"
    at.text_input(key="term").set_value("no such word").run()
    assert "“no such word”" in at.info[0].value
    at.text_input(key="term").set_value("").run()
    assert not at.exception
    assert "term" not in at.query_params
    assert all(each.value[2] == "A" for each in at.markdown if each.value.startswith("**"))
