import subprocess
import sys

import numpy as np
import pytest

from model.projection import neighbour_frame
from model.runs import wire
from tools.app_process import ROOT

TABLE = np.random.default_rng(0).normal(size=(12, 6)).astype(np.float32)
WANTED = {"method": "tsne", "n_axes": 2, "perplexity": 5.0, "seed": 1}


@pytest.fixture
def process():
    command = [sys.executable, "-m", "model.projecting"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def ask(process, header, arrays):
    process.stdin.write(wire.pack(wire.encode(header, arrays)))
    process.stdin.flush()
    return wire.decode(process.stdout.read(int.from_bytes(process.stdout.read(4), "little")))


def test_its_answers_are_the_projections_and_a_refusal_is_a_sentence(process):
    _, arrays = ask(process, WANTED, {"table": TABLE})
    np.testing.assert_array_equal(arrays["coordinates"], neighbour_frame("tsne", TABLE, 2, 5.0, 1).coordinates)
    assert "at least 5 rows" in ask(process, WANTED, {"table": TABLE[:3]})[0]["error"]


def test_it_ends_with_its_input_even_in_the_middle_of_a_picture(process):
    large = np.random.default_rng(0).normal(size=(2048, 64)).astype(np.float32)
    process.stdin.write(wire.pack(wire.encode(WANTED, {"table": large})))
    process.stdin.close()
    assert process.stdout.read() == b"", "the picture was finished"
    assert process.wait(60) == 0
