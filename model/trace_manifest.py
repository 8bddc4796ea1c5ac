"""A trace as a browser gets it: a header for JSON, and three blobs of bytes that are fetched by their sha256.

Blobs: "activations" (values and their gradients), "parameters" (weights and theirs), "update" (what the optimizer
remembered and made). A tensor lies in its blob as it lies in memory: float32, little-endian, row by row; ids as int32.
Equal bytes have equal hashes, so a browser that steps on with unchanged weights fetches none twice. Torch-free.
"""

import hashlib
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import RunConfig
from model.records import Operation, Recorded, Trace, finite
from model.trace_names import plain
from model.words import describe

FORMAT = 1
BLOBS = ("activations", "parameters", "update")

Manifest = dict[str, Any]
Blobs = dict[str, NDArray[np.uint8]]


def manifest(trace: Trace) -> tuple[Manifest, Blobs]:
    """The header, still without words (see `with_words`), and the bytes of each blob by the blob's name."""
    pieces: dict[str, list[NDArray[np.uint8]]] = {blob: [] for blob in BLOBS}
    filled: dict[str, int] = defaultdict(int)
    tensors: dict[str, Any] = {}
    for name, recorded in trace.tensors.items():
        blob = _blob_of(name, trace.tensors)
        value = np.asarray(recorded.value, recorded.value.dtype.newbyteorder("<"), order="C")  # 0-d stays 0-d
        tensors[name] = {
            "blob": blob, "offset": filled[blob], "shape": list(value.shape), "axes": list(recorded.axes),
            "role": recorded.role, "dtype": value.dtype.name,
        }  # fmt: skip
        filled[blob] += value.size
        pieces[blob].append(value.reshape(-1).view(np.uint8))
    blobs = {blob: np.concatenate([np.empty(0, np.uint8), *parts]) for blob, parts in pieces.items()}
    listed = {blob: {"hash": hashlib.sha256(part.data).hexdigest(), "bytes": part.size} for blob, part in blobs.items()}
    header = {
        "format": FORMAT, "step": trace.step, "loss": finite(trace.loss), "text": trace.text,
        "tokens": list(trace.tokens), "labels": list(trace.labels), "targets": list(trace.targets),
        "target_labels": list(trace.target_labels), "vocabulary": list(trace.vocabulary), "config": trace.config,
        "blobs": listed, "tensors": tensors, "operations": [dict(vars(operation)) for operation in trace.operations],
    }  # fmt: skip
    return header, blobs


def with_words(header: Manifest) -> Manifest:
    """The same header, whose operations say what they do: title, words, why, and their formula as MathML."""
    config = RunConfig.from_dict(header["config"])
    return header | {"operations": [operation | _words(operation, config) for operation in header["operations"]]}


def _words(listed: dict[str, Any], config: RunConfig) -> dict[str, str]:
    said = describe(Operation(**listed | {"inputs": tuple(listed["inputs"])}), config)
    return {"title": said.title, "words": said.words, "why": said.why, "formula": said.mathml}


def _blob_of(name: str, tensors: dict[str, Recorded]) -> str:
    role = tensors[name].role
    if role in ("state", "update"):
        return "update"
    return "parameters" if role == "parameter" or tensors[plain(name)].role == "parameter" else "activations"
