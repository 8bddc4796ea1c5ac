"""Start the app as `make run` does: choose a free port, say the address, hand over to Streamlit.

PORT asks for a port; LAN, when not empty, opens the server to the local network.
"""

import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_PORT, N_PORTS = 8501, 20


def is_free(port: int, address: str) -> bool:
    """Whether a server could bind `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def choose_port(wanted: str, address: str) -> int:
    """The port asked for, or the first free one from 8501 on; exits with one sentence when there is none."""
    if wanted and not (wanted.isdigit() and 0 < int(wanted) < 65536):
        sys.exit(f"PORT must be a number from 1 to 65535; got {wanted}")
    candidates = [int(wanted)] if wanted else range(FIRST_PORT, FIRST_PORT + N_PORTS)
    for port in candidates:
        if is_free(port, address):
            return port
    sys.exit(f"port {wanted or f'{FIRST_PORT} to {FIRST_PORT + N_PORTS - 1}'} is taken; choose another with PORT=")


def lan_address() -> str:
    """The address other machines reach this one by. Connecting a UDP socket picks the interface and sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
        except OSError:
            sys.exit("LAN=1 needs a network, and this machine is in none")
        return str(probe.getsockname()[0])


def main() -> None:
    """Replace this process by Streamlit, so that Ctrl-C and signals reach it directly."""
    is_lan = os.environ.get("LAN", "") not in ("", "0")
    bind = "0.0.0.0" if is_lan else "127.0.0.1"
    shown = lan_address() if is_lan else "127.0.0.1"
    port = choose_port(os.environ.get("PORT", ""), bind)
    print(f"Glassbox: http://{shown}:{port}" + (" (everybody on this network)" if is_lan else ""), flush=True)
    options = {"server.port": port, "server.address": bind, "browser.serverAddress": shown,
               "server.showEmailPrompt": "false", "logger.hideWelcomeMessage": "true"}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", "app.py", *arguments])


if __name__ == "__main__":
    main()
