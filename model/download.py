"""TinyShakespeare: into GLASSBOX_HOME by a download in the background, or from a file that the user has.

It knows one file, its address and its hash, and nothing of what is done with it. Nothing is fetched unless asked.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path

URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
N_BYTES = 1_115_394
_CHUNK = 65_536
_TIMEOUT = 10.0  # seconds without a byte


@dataclass(frozen=True)
class Progress:
    """How far it is: state "absent", "running", "done" or "failed", share 0..1, and one sentence for the screen."""

    state: str
    share: float
    sentence: str


def shakespeare_path(home: Path) -> Path:
    """Where the file lies once it is there."""
    return home / "datasets" / "tinyshakespeare.txt"


def install(home: Path, data: bytes) -> Path:
    """Keep `data` as TinyShakespeare; ValueError when it is another file, OSError when the disk refuses."""
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise ValueError(
            f"tinyshakespeare.txt must be the {N_BYTES:,} bytes with sha256 {SHA256[:8]}…; "
            f"got {len(data):,} bytes with sha256 {found[:8]}…"
        )
    path = shakespeare_path(home)
    write_atomically(path, data)
    return path


def write_atomically(path: Path, data: bytes) -> None:
    """Write all of `data` or nothing, so that a reader never meets half a file. OSError when the disk refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


class Download:
    """The download of one home. `start` returns at once, `progress` can be read at any time from any thread."""

    def __init__(self, home: Path, url: str = URL) -> None:
        self._home = home
        self._url = url
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._n_bytes = 0
        self._failure = ""

    @property
    def progress(self) -> Progress:
        """Where it stands now."""
        if shakespeare_path(self._home).is_file():
            return Progress("done", 1.0, "TinyShakespeare is here.")
        if self._thread is not None and self._thread.is_alive():
            share = min(self._n_bytes / N_BYTES, 1.0)
            return Progress("running", share, f"Downloading TinyShakespeare: {share:.0%} of 1.1 MB.")
        if self._failure:
            return Progress("failed", 0.0, self._failure)
        return Progress("absent", 0.0, "TinyShakespeare (1.1 MB) is not here yet.")

    def start(self) -> None:
        """Begin, unless it is here or under way; after a failure, try again."""
        with self._lock:
            if self.progress.state in ("running", "done"):
                return
            self._n_bytes, self._failure = 0, ""
            self._thread = threading.Thread(target=self._run, name="download", daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> Progress:
        """Wait at most `seconds` for the end of it (tests, command lines); the progress then."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self.progress

    def _run(self) -> None:
        try:
            install(self._home, self._fetch())
        except urllib.error.HTTPError as error:
            self._failure = self._sentence(f"the server answered {error.code}")
        except ValueError:
            self._failure = self._sentence("what came is not the file that was expected")
        except OSError as error:  # URLError, time-outs, broken connections, and a full disk
            is_disk = error.filename is not None
            self._failure = self._sentence(f"disk: {error.strerror}" if is_disk else "no connection to its server")

    def _fetch(self) -> bytes:
        chunks = []
        with urllib.request.urlopen(self._url, timeout=_TIMEOUT) as answer:
            while self._n_bytes <= N_BYTES and (chunk := answer.read(_CHUNK)):
                chunks.append(chunk)
                self._n_bytes += len(chunk)
        return b"".join(chunks)

    def _sentence(self, why: str) -> str:
        path = shakespeare_path(self._home)
        return f"TinyShakespeare could not be downloaded ({why}); try again later or put the file at {path}."


@cache
def download_for(home: Path) -> Download:
    """The one download of a home, however many pages ask."""
    return Download(home)
