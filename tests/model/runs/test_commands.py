"""Commands while the run's last worker is still saving."""

import asyncio
from types import SimpleNamespace

import pytest

from model.runs import commands
from model.runs.answers import Refused


def test_a_worker_that_takes_too_long_to_leave_is_a_sentence_and_no_fault_of_the_host(monkeypatch):
    monkeypatch.setattr(commands, "SECONDS_TO_LEAVE", 0.01)

    async def start():
        link = SimpleNamespace(leaving=True, ended=asyncio.Event())
        run = SimpleNamespace(link=link, require_kept=lambda: None)
        await commands.start(SimpleNamespace(owned=lambda run, key: run), SimpleNamespace(run=run, key=""))

    with pytest.raises(Refused, match="still being saved: try again"):
        asyncio.run(start())
