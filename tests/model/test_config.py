import dataclasses
import itertools
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.config import FIELDS, PRESETS, TASKS, DataConfig, ModelConfig, RunConfig, TrainConfig
from model.tasks import row_length

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
PARTS = {"model": ModelConfig, "train": TrainConfig, "data": DataConfig}


def junk():
    """Whatever JSON, or a careless caller, may bring."""
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    huge = st.sampled_from([-(10**400), 2**63, 1e308, "9" * 5000, "all", "rope\nrope", "\ud800", 3.0, "3"])
    return st.recursive(plain | huge, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


def sensible(field):
    """Values that the field itself allows, its limits among them."""
    if field.kind == "bool":
        return st.booleans()
    if field.kind == "digest":
        return st.sampled_from(["", "0f" * 32])
    if field.kind == "choice":
        return st.sampled_from(sorted(field.choices))
    low, high = field.low, field.high
    number = st.integers(int(low), int(high)) if field.kind == "int" else st.floats(low, high)
    return number | st.sampled_from([low, high, *field.choices])


def some_settings(value_of):
    """Dictionaries with a value for some of the fields."""
    return st.fixed_dictionaries({}, optional={name: value_of(field) for name, field in FIELDS.items()})


def valid_runs():
    """Configurations near a preset, some fields changed to what they may be; those that clash are left out."""

    def made(key, changes):
        try:
            return PRESETS[key].config.replace(**changes)
        except ValueError:
            return None

    few = st.lists(st.sampled_from(sorted(FIELDS)), max_size=6, unique=True)
    changes = few.flatmap(lambda names: st.fixed_dictionaries({name: sensible(FIELDS[name]) for name in names}))
    return st.builds(made, st.sampled_from(sorted(PRESETS)), changes).filter(lambda run: run is not None)


def assert_valid_or_explained(make, names):
    """`make()` gives a valid run, or a one-line ValueError that names a field or the key that is none."""
    try:
        run = make()
    except ValueError as error:
        message = str(error)
        assert len(message.splitlines()) == 1
        assert len(message) < 400
        assert any(name in message for name in names), message
    else:
        assert RunConfig.from_dict(run.to_dict()) == run


@settings(PATIENT, max_examples=300)
@given(st.dictionaries(st.sampled_from([*FIELDS, "preset"]) | st.text() | st.integers() | st.none(), junk()))
def test_any_dict_is_a_valid_run_or_one_line_that_names_the_field(values):
    assert_valid_or_explained(lambda: RunConfig.from_dict(values), [*FIELDS, "preset", "is no setting"])


@settings(PATIENT, max_examples=300)
@given(some_settings(sensible))
def test_any_values_within_their_ranges_are_a_valid_run_or_one_line_that_names_the_field(values):
    assert_valid_or_explained(lambda: RunConfig.from_dict(values), FIELDS)


@settings(PATIENT, max_examples=200)
@given(st.dictionaries(st.sampled_from([*FIELDS, "preset", "run", "room"]), st.text()))
def test_any_query_is_a_valid_run_or_one_line_that_names_the_field(query):
    assert_valid_or_explained(lambda: RunConfig.from_query(query), [*FIELDS, "preset"])


@settings(PATIENT)
@given(st.text() | junk().map(lambda value: json.dumps(value, default=str)))
def test_any_json_is_a_valid_run_or_one_line(text):
    assert_valid_or_explained(lambda: RunConfig.from_json(text), [*FIELDS, "preset", "config", "is no setting"])


@settings(PATIENT)
@given(valid_runs())
def test_json_round_trip(run):
    assert RunConfig.from_json(run.to_json()) == run


@settings(PATIENT)
@given(valid_runs())
def test_query_round_trip(run):
    assert RunConfig.from_query(run.to_query()) == run


def test_a_query_says_only_what_differs_from_the_nearest_preset():
    assert RunConfig().to_query() == {}
    assert RunConfig().replace(qk_norm=True, learning_rate=0.01).to_query() == {
        "qk_norm": "true", "learning_rate": "0.01"}  # fmt: skip
    assert PRESETS["speedrun"].config.to_query() == {"preset": "speedrun"}
    assert PRESETS["nanogpt"].config.replace(n_layers=3).to_query() == {"preset": "nanogpt", "n_layers": "3"}


def test_a_query_leaves_what_is_no_setting_to_the_page():
    assert RunConfig.from_query({"run": "abc", "d_model": "32"}) == RunConfig().replace(d_model=32)


def test_the_declared_list_has_every_field_of_every_config_once():
    declared = {owner: [f.name for f in FIELDS.values() if f.owner == owner] for owner in PARTS}
    assert {owner: sorted(names) for owner, names in declared.items()} == {
        owner: sorted(f.name for f in dataclasses.fields(part)) for owner, part in PARTS.items()
    }
    assert list(FIELDS) == list(itertools.chain.from_iterable(declared.values()))


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_field_says_what_it_is_in_one_line_and_its_slider_stays_in_range(field):
    assert field.label
    assert 0 < len(field.help) <= 100
    assert "\n" not in field.help
    if field.slider is not None:
        low, high = field.slider
        assert field.low <= low < high <= field.high
        assert low <= getattr(PARTS[field.owner](), field.name) <= high
    else:
        assert field.kind in ("bool", "choice") or not field.shown


def test_the_live_settings():
    assert {name for name, field in FIELDS.items() if field.live} == {
        "learning_rate", "learning_rate_rest", "schedule", "warmup_steps", "final_learning_rate", "weight_decay",
        "grad_clip", "batch_size", "optimizer", "beta1", "beta2", "momentum", "n_steps"}  # fmt: skip


@pytest.mark.parametrize(("name", "value", "message"), [
    ("n_layers", True, "n_layers must be a whole number from 0 to 6; got True"),
    ("n_layers", 1.5, "n_layers must be a whole number from 0 to 6; got 1.5"),
    ("d_model", "64", "d_model must be a whole number from 4 to 256; got '64'"),
    ("d_model", 260, "d_model must be a whole number from 4 to 256; got 260"),
    ("batch_size", "some", "batch_size must be a whole number from 1 to 256, or all; got 'some'"),
    ("learning_rate", math.nan, "learning_rate must be a number from 1e-12 to 1e+12; got nan"),
    ("weight_decay", math.inf, "weight_decay must be a number from 0 to 100; got inf"),
    ("has_mlp", 1, "has_mlp must be true or false; got 1"),
    ("norm", None, "norm must be one of none, layernorm, rmsnorm, batchnorm; got None"),
    ("text_sha256", "../etc", "text_sha256 must be 64 hexadecimal digits or empty; got '../etc'"),
    ("n_heads", 3, "n_heads must divide d_model; got n_heads=3, d_model=64"),
    ("warmup_steps", 1001, "warmup_steps must be at most n_steps=1000; got 1001"),
    ("d_modle", 32, "'d_modle' is no setting; got it with the value 32"),
])  # fmt: skip
def test_a_refusal_names_field_allowed_and_got(name, value, message):
    with pytest.raises(ValueError) as refusal:
        RunConfig.from_dict({name: value})
    assert str(refusal.value) == message


@pytest.mark.parametrize("name", ["n_layers", "learning_rate", "batch_size", "has_mlp", "norm", "text_sha256"])
def test_an_integer_too_long_to_print_is_refused_in_one_line(name):
    for too_long in (10**5000, -(10**5000)):
        assert_valid_or_explained(lambda value=too_long: RunConfig.from_dict({name: value}), [name])
    assert_valid_or_explained(lambda: RunConfig.from_query({name: "9" * 5000}), [name])


def test_every_part_validates_itself():
    for part, name in ((ModelConfig, "n_layers"), (TrainConfig, "n_steps"), (DataConfig, "modulus")):
        with pytest.raises(ValueError, match=f"^{name} must be"):
            part(**{name: -1})


def test_numbers_arrive_in_the_type_of_their_field():
    run = RunConfig.from_dict({"n_layers": 3.0, "learning_rate": 1})
    assert type(run.model.n_layers) is int
    assert type(run.train.learning_rate) is float


def test_rope_needs_an_even_head_width():
    with pytest.raises(ValueError, match=r"^n_heads must leave an even head width for rope.*d_head=9"):
        RunConfig().replace(positions="rope", n_heads=4, d_model=36)


@pytest.mark.parametrize(("changes", "field", "lower"), [
    ({"d_model": 256, "n_layers": 6, "d_mlp": 1024}, "d_model", 64),
    ({"d_model": 192, "n_layers": 4, "d_mlp": 1024}, "d_mlp", 256),
    ({"d_model": 256, "vocab_size": 2048, "n_layers": 4}, "d_model", 64),
    ({"d_model": 256, "block_size": 256, "batch_size": 256}, "batch_size", 16),
    ({"d_model": 64, "vocab_size": 2048, "block_size": 256, "batch_size": 256}, "batch_size", 16),
    ({"dataset": "induction", "task_length": 6}, "block_size", 40),
    ({"dataset": "copy", "task_length": 17}, "block_size", 34),
    ({"dataset": "modular", "batch_size": "all", "modulus": 113}, "train_share", 0.3),
    ({"dataset": "modular", "batch_size": "all", "d_model": 256, "modulus": 67}, "train_share", 0.5),
    ({"batch_size": "all"}, "batch_size", 256),
])  # fmt: skip
def test_a_limit_names_the_field_that_brings_the_run_within_it(changes, field, lower):
    with pytest.raises(ValueError, match=f"^{field} "):
        RunConfig().replace(**changes)
    assert RunConfig().replace(**changes | {field: lower})


def test_the_rows_that_the_limit_allows_are_allowed():
    changes = {"d_model": 256, "block_size": 256, "n_layers": 1}
    with pytest.raises(ValueError) as refusal:
        RunConfig().replace(**changes, batch_size=256)
    n_rows = int(str(refusal.value).split("at most ")[1].split()[0])
    assert RunConfig().replace(**changes, batch_size=n_rows)
    with pytest.raises(ValueError):
        RunConfig().replace(**changes, batch_size=n_rows + 2)


def test_tasks_always_use_symbols_and_texts_never():
    for task in TASKS:
        assert RunConfig().replace(dataset=task, block_size=64).data.tokenizer == "symbol"
    assert RunConfig().replace(dataset="sort").replace(dataset="names").data.tokenizer == "character"
    assert RunConfig().replace(dataset="prose", tokenizer="byte").data.tokenizer == "byte"


def test_a_task_is_measured_by_its_rows():
    run = RunConfig().replace(dataset="modular", batch_size="all", modulus=31, train_share=0.5)
    assert (run.batch.n_rows, run.batch.n_tokens) == (480, row_length(run.data))


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_says_where_it_is_from_and_what_to_expect(key):
    preset = PRESETS[key]
    assert preset.key == key
    assert all((preset.title, preset.source, preset.special, preset.expects))
    assert preset.config.to_query() == ({} if key == "classroom" else {"preset": key})


def test_microgpt_has_the_published_number_of_parameters():
    assert PRESETS["microgpt"].config.model.n_parameters == 4192
    assert PRESETS["nanogpt"].config.model.n_parameters == 804_096


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("learning_rate", 0.0007, 1e9, "Learning rate 0.0007 → 1e+09"),
        ("optimizer", "adamw", "muon", "Optimizer AdamW → Muon"),
        ("has_mlp", True, False, "MLP on → off"),
        ("batch_size", 32, "all", "Batch size 32 → the whole table"),
    ],
)
def test_a_change_is_said_as_the_screen_says_its_values(name, before, after, words):
    assert FIELDS[name].change(before, after) == words
