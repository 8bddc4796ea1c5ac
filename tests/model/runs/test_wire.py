import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.runs import wire

ARRAYS = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "empty": np.zeros((0, 4), np.float32),
    "bytes": np.array([1, 2, 3], np.uint8),
    "scalar": np.float64(2.5).reshape(()),
}


def test_a_message_comes_back_as_it_went():
    header, arrays = wire.decode(wire.encode({"kind": "points", "text": "Zoë ⏎"}, ARRAYS))
    assert header == {"kind": "points", "text": "Zoë ⏎"}
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_not_a_number_travels_in_an_array_and_not_in_the_header():
    _, arrays = wire.decode(wire.encode({}, {"x": np.array([np.nan, 1], np.float32)}))
    assert np.isnan(arrays["x"][0])
    with pytest.raises(ValueError):
        wire.encode({"loss": float("nan")})


@given(st.text(max_size=40))
def test_arrays_start_at_a_multiple_of_eight(text):
    message = wire.encode({"text": text}, {"x": np.ones(3, np.float32)})
    (length,) = struct.unpack_from("<I", message)
    assert (4 + length) % 8 == 0
    assert np.frombuffer(message[4 + length :], np.float32)[:3].tolist() == [1, 1, 1]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(data):
    try:
        header, _ = wire.decode(data)
    except wire.WireError:
        return
    assert isinstance(header, dict)


def _with_listing(entry):
    text = json.dumps({"arrays": [entry]}).encode()
    return struct.pack("<I", len(text)) + text


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "x", "dtype": "float32", "shape": [2**40]},
        {"name": "x", "dtype": "float32", "shape": [-1]},
        {"name": "x", "dtype": "object", "shape": [1]},
        {"name": "x", "dtype": "float32", "shape": [True]},
        {"dtype": "float32", "shape": [0]},
        "x",
    ],
)
def test_a_header_that_lies_about_its_arrays_is_refused(entry):
    with pytest.raises(wire.WireError):
        wire.decode(_with_listing(entry))


def test_a_stamp_changes_the_header_and_not_the_arrays():
    header, arrays = wire.decode(wire.stamp(wire.encode({"kind": "points"}, ARRAYS), seq=7))
    assert header == {"kind": "points", "seq": 7}
    np.testing.assert_array_equal(arrays["a"], ARRAYS["a"])


@given(st.lists(st.binary(max_size=30), max_size=5), st.integers(1, 20))
def test_the_splitter_gives_the_messages_however_the_bytes_arrive(messages, chunk):
    stream = b"".join(wire.pack(message) for message in messages)
    splitter = wire.Splitter()
    pieces = [stream[i : i + chunk] for i in range(0, len(stream), chunk)]
    assert [message for piece in pieces for message in splitter.feed(piece)] == messages


def test_an_oversized_message_is_refused_at_its_announcement():
    with pytest.raises(wire.WireError, match="1001 were announced"):
        list(wire.Splitter(limit=1000).feed(struct.pack("<I", 1001)))


def test_unknown_dtypes_are_refused():
    with pytest.raises(wire.WireError, match="float16"):
        wire.encode({}, {"x": np.zeros(1, np.float16)})


def test_the_socket_stands_in_the_home_unless_its_path_is_too_long(tmp_path):
    assert wire.socket_path(Path("/srv/glassbox")) == Path("/srv/glassbox/supervisor.sock")
    long = tmp_path / ("x" * 120)
    assert len(bytes(wire.socket_path(long))) <= 100
    assert wire.socket_path(long) == wire.socket_path(long)
    assert wire.socket_path(long) != wire.socket_path(tmp_path / ("y" * 120))
