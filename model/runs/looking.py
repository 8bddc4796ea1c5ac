"""Live pictures of a model that trains: probes and samples, only what is wanted, within a share of the worker's time.

It changes nothing of the run. Rates adapt: the dearer a look, the later the next. A run that stands still is looked at
at once: there is nothing to slow down.
"""

import contextlib
from typing import Any

from model.runs import wire
from model.runs.allowance import Allowance
from model.runs.channel import Channel
from model.runs.job import Job

SHARE_OF_PROBES, SECONDS_BETWEEN_PROBES = 0.010, 0.2
SHARE_OF_SAMPLES, SECONDS_BETWEEN_SAMPLES = 0.004, 2.0  # with what goes with them 2 % of what the worker computes
N_TEXTS, MAX_TOKENS = 3, 40


class Looking:
    """What viewers of one run want to see, and when it is due."""

    def __init__(self, job: Job, channel: Channel) -> None:
        self._job, self._channel = job, channel
        self._wants: dict[str, Any] = {}
        self._probes = Allowance(SHARE_OF_PROBES, SECONDS_BETWEEN_PROBES)
        self._samples = Allowance(SHARE_OF_SAMPLES, SECONDS_BETWEEN_SAMPLES)
        self._seen: dict[str, int] = {}  # the step each was last made at

    @property
    def wants(self) -> dict[str, Any]:
        """What is wanted: taps, probe, samples."""
        return self._wants

    @wants.setter
    def wants(self, new: dict[str, Any]) -> None:
        self._wants, self._seen = new, {}

    @property
    def is_satisfied(self) -> bool:
        """Whether everything wanted shows the model as it is now."""
        return not any(self._lacks(kind) for kind in ("probe", "samples"))

    def look(self) -> None:
        """Make and send what is wanted and due."""
        if self._job.mode != "training":
            self._probes.grant()
            self._samples.grant()
        if self._lacks("probe") and self._probes.is_due:
            with self._probes.spend():
                self._probe()
        if self._lacks("samples") and self._samples.is_due:
            with self._samples.spend():
                self._sample()

    def _lacks(self, kind: str) -> bool:
        return bool(self._wants.get(kind)) and self._seen.get(kind) != self._job.step

    def _probe(self) -> None:
        self._seen["probe"] = self._job.step
        try:
            header, arrays = self._job.trainer.probe(self._wants["taps"])
        except ValueError:  # a viewer asked for what this model does not have: the others see what they asked for
            self._wants["taps"] = [tap for tap in self._wants["taps"] if self._is_known(tap)]
            header, arrays = self._job.trainer.probe(self._wants["taps"])
        self._channel.send(wire.encode({"kind": "probe", **header}, arrays))

    def _is_known(self, tap: str) -> bool:
        try:
            self._job.trainer.probe([tap])
        except ValueError:
            return False
        return True

    def _sample(self) -> None:
        step = self._seen["samples"] = self._job.step
        with contextlib.suppress(ValueError):  # a broken model says nothing; its next step says what broke
            texts = self._job.trainer.sample(N_TEXTS, MAX_TOKENS, seed=step)
            self._job.show("samples", step=step, texts=texts, recorded=False)
