"""The one format that runs speak: a JSON header and raw arrays, on the Unix socket and, unchanged, on the WebSocket.

A message is: u32 (little-endian) length of the header, the header in UTF-8 padded with spaces until the arrays start
at a multiple of 8 bytes, then the arrays back to back, little-endian, each padded to 8 bytes. The header lists them
under "arrays" as {"name", "dtype", "shape"}. On a stream socket every message follows its u32 length.

It knows nothing of what the messages mean. Nothing is pickled, and nothing is allocated from an unchecked length.
"""

import hashlib
import json
import math
import struct
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Header = dict[str, Any]
Arrays = dict[str, np.ndarray]
Buffer = bytes | memoryview

MAX_MESSAGE = 64 * 2**20  # bytes; the largest state (2 M parameters with Adam's moments) is 24 MB
MAX_DEPTH = 16  # of lists and tables in a question; Python's JSON gives up at a depth that varies from place to place
DTYPES = ("float32", "int32", "uint8", "int64", "float64")  # browsers get the first three only
_LENGTH = struct.Struct("<I")
_LONGEST_SOCKET_PATH = 100  # bytes; the kernel's limit is 108 on Linux and 104 on macOS


class WireError(ValueError):
    """Bytes that are no message of ours, or a message that is too large."""


def encode(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """Put a header and named arrays into one message.

    Raises:
        WireError: a dtype outside DTYPES, or more than MAX_MESSAGE bytes.
    """
    listing: list[dict[str, Any]] = []
    payload: list[Buffer] = []
    for name, array in (arrays or {}).items():
        if array.dtype.name not in DTYPES:
            raise WireError(f"array {name} must have one of the dtypes {', '.join(DTYPES)}; got {array.dtype.name}")
        raw = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        listing.append({"name": name, "dtype": array.dtype.name, "shape": list(array.shape)})
        payload += [raw.reshape(-1).view(np.uint8).data, bytes(-raw.nbytes % 8)]
    return _join({**header, "arrays": listing}, payload)


def decode(message: bytes) -> tuple[Header, Arrays]:
    """Take a message apart: its header, and its arrays as read-only views of the message.

    Raises:
        WireError: anything that encode() would not have made.
    """
    header, offset = _split(message)
    arrays: Arrays = {}
    for name, dtype, shape in _listing(header):
        size = math.prod(shape)
        end = offset + size * dtype.itemsize
        if end > len(message):
            raise WireError(f"array {name} is longer than its message")
        arrays[name] = np.frombuffer(message, dtype, size, offset).reshape(shape)
        offset = end + (offset - end) % 8
    if offset != len(message):
        raise WireError(f"the message has {len(message) - offset} bytes that no array owns")
    del header["arrays"]
    return header, arrays


def header_of(message: bytes) -> Header:
    """Return the header alone, with its list of arrays."""
    return _split(message)[0]


def require_shallow(value: object, depth: int = MAX_DEPTH) -> None:
    """Raise WireError for lists and tables deeper inside one another than every process on the way can read."""
    if isinstance(value, dict | list):
        if depth == 0:
            raise WireError(f"lists and tables may be {MAX_DEPTH} deep")
        for inner in value.values() if isinstance(value, dict) else value:
            require_shallow(inner, depth - 1)


def stamp(message: bytes, **fields: Any) -> bytes:
    """Return the same message with some header fields added or replaced; the arrays are not touched."""
    header, offset = _split(message)
    return _join({**header, **fields}, [memoryview(message)[offset:]])


def pack(message: bytes) -> bytes:
    """Return the message as it travels on a stream socket: its u32 length first."""
    return _LENGTH.pack(len(message)) + message


class Splitter:
    """Cuts the bytes that arrive on a stream socket into messages."""

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return every message that is complete with these bytes.

        Raises:
            WireError: a message longer than the limit is announced (before it is waited for).
        """
        self._buffer += data
        messages = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > self._limit:
                raise WireError(f"a message may have {self._limit} bytes; {length} were announced")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                break
            with memoryview(self._buffer) as view:
                messages.append(bytes(view[_LENGTH.size : end]))
            del self._buffer[:end]
        return messages


def socket_path(home: Path) -> Path:
    """Return where the supervisor of this home listens: in the home, or in the temp folder if that path is too long."""
    path = home.resolve() / "supervisor.sock"
    if len(bytes(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(bytes(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"glassbox-{digest}.sock"


def _join(header: Mapping[str, Any], payload: list[Buffer]) -> bytes:
    """Copy everything once: a large answer is copied often enough on its way."""
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-(_LENGTH.size + len(text)) % 8)
    size = _LENGTH.size + len(text) + sum(len(piece) for piece in payload)
    if size > MAX_MESSAGE:
        raise WireError(f"a message may have {MAX_MESSAGE} bytes; this one has {size}")
    return b"".join([_LENGTH.pack(len(text)), text, *payload])


def _split(message: bytes) -> tuple[Header, int]:
    """Return the header and where the arrays start."""
    if len(message) < _LENGTH.size:
        raise WireError(f"a message has at least {_LENGTH.size} bytes; got {len(message)}")
    (length,) = _LENGTH.unpack_from(message)
    end = _LENGTH.size + length
    if end > len(message):
        raise WireError(f"the header claims {length} bytes of a message of {len(message)}")
    try:
        header = json.loads(message[_LENGTH.size : end])
    except (ValueError, RecursionError) as error:
        raise WireError("the header is not JSON") from error
    if not isinstance(header, dict):
        raise WireError("the header is not a JSON object")
    return header, end


def _listing(header: Header) -> Iterator[tuple[str, np.dtype[Any], tuple[int, ...]]]:
    listing = header.get("arrays")
    if not isinstance(listing, list):
        raise WireError("the header has no list of arrays")
    for entry in listing:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise WireError("an array in the header has no name")
        shape = entry.get("shape")
        if entry.get("dtype") not in DTYPES or not isinstance(shape, list):
            raise WireError(f"array {entry['name']} has no dtype or shape of ours")
        if any(type(size) is not int or size < 0 for size in shape):
            raise WireError(f"array {entry['name']} has a size that is no count")
        yield entry["name"], np.dtype(entry["dtype"]).newbyteorder("<"), tuple(shape)
