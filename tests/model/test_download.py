import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from model import download
from model.download import Download, install, shakespeare_path

FILE = b"First Citizen:\nBefore we proceed any further, hear me speak.\n" * 4000


@pytest.fixture(autouse=True)
def small_file(monkeypatch):
    monkeypatch.setattr(download, "SHA256", hashlib.sha256(FILE).hexdigest())
    monkeypatch.setattr(download, "N_BYTES", len(FILE))
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def serve():
    """Start a server that sends `body` (its second half after `gate` opens); returns its URL."""
    servers = []

    def start(body=FILE, status=200, gate=None):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])
                if gate is not None:
                    gate.wait(60)
                self.wfile.write(body[len(body) // 2 :])

            def log_message(self, *args):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        servers[-1].handle_error = lambda *args: None  # a reader that hangs up is part of the test
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/input.txt"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_nothing_is_fetched_unasked(tmp_path):
    assert Download(tmp_path).progress.state == "absent"
    assert list(tmp_path.iterdir()) == []


def test_the_file_arrives(tmp_path, serve):
    fetching = Download(tmp_path, serve())
    fetching.start()
    assert fetching.wait(60).state == "done"
    assert shakespeare_path(tmp_path).read_bytes() == FILE


def test_progress_is_told_while_it_runs_and_start_does_not_wait(tmp_path, serve):
    gate = threading.Event()
    fetching = Download(tmp_path, serve(gate=gate))
    fetching.start()
    until = time.monotonic() + 60
    while fetching.progress.share == 0 and time.monotonic() < until:
        time.sleep(0.01)
    seen = fetching.progress
    gate.set()
    assert (seen.state, 0 < seen.share <= 0.5) == ("running", True)
    assert fetching.wait(60).state == "done"


def test_another_file_is_not_kept(tmp_path, serve):
    fetching = Download(tmp_path, serve(body=b"<html>log in</html>"))
    fetching.start()
    assert "not the file that was expected" in fetching.wait(60).sentence
    assert list(tmp_path.rglob("*")) == []


def test_a_server_that_never_ends_is_cut_off(tmp_path, serve):
    fetching = Download(tmp_path, serve(body=FILE * 50))
    fetching.start()
    assert fetching.wait(60).state == "failed"
    assert fetching._n_bytes < 2 * len(FILE) + 65_536


def test_a_missing_page_is_said(tmp_path, serve):
    fetching = Download(tmp_path, serve(status=404))
    fetching.start()
    assert "the server answered 404" in fetching.wait(60).sentence


def test_offline_is_one_sentence_and_it_can_be_tried_again(tmp_path, serve):
    fetching = Download(tmp_path, "http://127.0.0.1:9/input.txt")
    fetching.start()
    sentence = fetching.wait(60).sentence
    assert sentence == (
        "TinyShakespeare could not be downloaded (no connection to its server); "
        f"try again later or put the file at {shakespeare_path(tmp_path)}."
    )
    fetching._url = serve()
    fetching.start()
    assert fetching.wait(60).state == "done"


def test_a_disk_that_refuses_is_said(tmp_path, serve):
    (tmp_path / "datasets").write_text("a file where the folder should be")
    fetching = Download(tmp_path, serve())
    fetching.start()
    assert "disk: " in fetching.wait(60).sentence


def test_a_local_file_is_installed_after_a_look_at_its_hash(tmp_path):
    with pytest.raises(ValueError, match=r"^tinyshakespeare.txt must be .* got 3 bytes with sha256"):
        install(tmp_path, b"abc")
    assert install(tmp_path, FILE).read_bytes() == FILE
    assert Download(tmp_path).progress.state == "done"


def test_what_is_here_is_not_fetched_again(tmp_path):
    install(tmp_path, FILE)
    fetching = Download(tmp_path, "http://127.0.0.1:9/input.txt")
    fetching.start()
    assert fetching.wait(60).state == "done"
