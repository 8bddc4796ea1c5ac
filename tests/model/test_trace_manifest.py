"""The manifest: every tensor can be read back from the bytes, everything else from JSON."""

import hashlib
import json

import numpy as np
import pytest

from model.trace_manifest import BLOBS, manifest, with_words


def read(header, blobs, name):
    """A tensor as a browser reads it."""
    spec = header["tensors"][name]
    numbers = blobs[spec["blob"]].view(spec["dtype"])
    return numbers[spec["offset"] :][: int(np.prod(spec["shape"], dtype=int))].reshape(spec["shape"])


@pytest.fixture
def sent(iteration):
    header, blobs = manifest(iteration.trace)
    return json.loads(json.dumps(header, allow_nan=False)), blobs, iteration


def test_every_tensor_comes_back_bit_by_bit(sent):
    header, blobs, case = sent
    assert header["tensors"].keys() == case.trace.tensors.keys()
    for name, recorded in case.trace.tensors.items():
        np.testing.assert_array_equal(read(header, blobs, name), recorded.value)
        assert header["tensors"][name]["axes"] == list(recorded.axes)


def test_blobs_are_named_by_what_they_hold(sent):
    header, blobs, _ = sent
    assert tuple(blobs) == BLOBS
    for name, blob in blobs.items():
        assert header["blobs"][name] == {"hash": hashlib.sha256(blob.tobytes()).hexdigest(), "bytes": blob.nbytes}
        assert blob.nbytes == 4 * sum(
            int(np.prod(spec["shape"], dtype=int)) for spec in header["tensors"].values() if spec["blob"] == name
        )


def test_every_operation_says_what_it_does_in_all_three_voices(sent):
    header = with_words(sent[0])
    for operation in header["operations"]:
        assert all(operation[voice] for voice in ("title", "words", "why", "code")), operation["name"]
        assert operation["formula"].startswith("<math"), operation["name"]


def test_weights_and_their_gradients_are_apart_from_what_flows_through(traced):
    header, _ = manifest(traced(norm="batchnorm").trace)
    where = {name: spec["blob"] for name, spec in header["tensors"].items()}
    assert {where[name] for name in ("unembed", "grad:unembed", "grad:tok_emb.table")} == {"parameters"}
    assert {where[name] for name in ("logits", "grad:logits", "tokens", "norm_final.running_mean")} == {"activations"}
    assert {where[name] for name in ("new:unembed", "m_before:unembed", "grad_norm", "learning_rate")} == {"update"}


def test_equal_weights_have_equal_hashes(traced):
    a, b = (manifest(traced(schedule=schedule).trace)[0]["blobs"] for schedule in ("constant", "cosine"))
    assert a["activations"]["hash"] != b["activations"]["hash"]
    again = manifest(traced(schedule="constant").trace)[0]["blobs"]
    assert a == again


def test_the_mask_travels_as_minus_infinity(traced):
    header, blobs = manifest(traced(n_heads=2).trace)
    masked = read(header, blobs, "blocks.0.attn.masked_scores")
    assert np.isneginf(masked[:, 0, 1:]).all()
    assert np.isfinite(masked[:, -1]).all()


def test_the_header_tells_the_text(traced):
    case = traced(n_heads=2)
    header, _ = manifest(case.trace)
    assert (header["step"], header["text"]) == (3, case.trace.text)
    assert header["loss"] == case.trace.loss
    assert len(header["labels"]) == len(header["targets"]) == len(header["target_labels"]) == 6
    assert header["vocabulary"] == list("abcdefghijk")
