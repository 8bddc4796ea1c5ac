"""A question to the supervisor, as it came in. Torch-free; knows no run."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.runs.answers import Refused
from model.runs.names import name_of

MAX_NAME = 40  # characters


@dataclass(frozen=True)
class Request:
    """One question: its header, its arrays, and from the header the run and the key of who asks."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def run(self) -> str:
        """Which run it is about."""
        return str(self.header.get("run", ""))

    @property
    def key(self) -> str:
        """Who asks."""
        return str(self.header.get("key", ""))

    def needed_key(self) -> str:
        """Return the key of who asks. Raises Refused when there is none."""
        if not self.key:
            raise Refused("This browser has no key: allow cookies for this page.")
        return self.key

    def name(self) -> str:
        """Return the name that was asked for, fit to show; "" when there is none."""
        name = self.header.get("name")
        shown = "".join(c for c in name if c.isprintable()) if isinstance(name, str) else ""
        return shown.strip()[:MAX_NAME]

    def name_for(self, run: str) -> str:
        """Return the name of a new run: the one asked for, or one that fits its id."""
        return self.name() or name_of(run)
