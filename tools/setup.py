"""Create .venv, or install a requirements file into the one that runs this.

It knows nothing of what it installs; make decides when (stamp files).
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def create() -> None:
    """Make .venv with pip in it; what an interrupted start left there is cleared first."""
    print(f"Creating .venv with Python {sys.version_info.major}.{sys.version_info.minor} …", flush=True)
    venv.create(ROOT / ".venv", with_pip=True, clear=True)


def install(requirements: str) -> None:
    """Install `requirements` with pip; a terminal sees pip's progress, a log only its warnings."""
    print(f"Installing what {requirements} lists (once; some minutes) …", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", requirements]
    if not sys.stdout.isatty():
        command.append("--quiet")
    if subprocess.run(command, cwd=ROOT).returncode:
        sys.exit(f"pip could not install {requirements}; its message above says why (is the network there?)")


if __name__ == "__main__":
    if sys.argv[1] == "create":
        create()
    else:
        install(sys.argv[2])
