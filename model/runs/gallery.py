"""How the model was at earlier steps: its weights alone, kept at growing distances for views that ask "at step k".

They are not for going back (snapshots.py keeps whole states for that), so many more of them fit.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
from numpy.typing import NDArray

from model.config import ModelConfig
from model.fields import shown
from model.runs.snapshots import least_missed
from model.runs.store import RunFolder, replace
from model.transformer import Transformer

MAX_KEPT = 48
MAX_BYTES = 20_000_000  # a run, on disk
_FIRST_DISTANCE = 5  # steps


def is_kept(step: int) -> bool:
    """Say whether the weights after this step are kept at first: 36 in every tenfold, so ever more rarely."""
    decade = int("1" + "0" * (len(str(step)) - 1))
    return step % max(_FIRST_DISTANCE, decade // 4) == 0


class Gallery:
    """The kept weights of one run."""

    def __init__(self, folder: RunFolder, config: ModelConfig) -> None:
        self._path, self._config = folder.path / "gallery", config
        self._sizes = {int(path.stem): path.stat().st_size for path in self._path.glob("*.safetensors")}
        self._shown: tuple[int, Transformer] | None = None
        self._notes: dict[int, dict[str, Any]] = {}

    @property
    def steps(self) -> list[int]:
        """The steps of which the weights are kept, in order."""
        return sorted(self._sizes)

    def keep(self, model: Transformer, step: int) -> None:
        """Keep the weights after this step; others may go. OSError when the disk does not take them."""
        data = safetensors.torch.save({name: value.contiguous() for name, value in model.state_dict().items()})
        replace(self._file(step), data)
        self._sizes[step] = len(data)
        self._forget(step)
        while len(self._sizes) > MAX_KEPT or sum(self._sizes.values()) > MAX_BYTES:
            self._remove(least_missed(self.steps))

    def model_at(self, step: int) -> Transformer:
        """The model as it was after this step, valid until the next call. ValueError when it is not kept."""
        self._require_kept(step)
        if self._shown is None or self._shown[0] != step:
            model = Transformer(self._config) if self._shown is None else self._shown[1]
            model.load_state_dict(safetensors.torch.load_file(self._file(step)))
            self._shown = (step, model.eval())
        return self._shown[1]

    def parameter_at(self, step: int, name: str) -> NDArray[Any]:
        """One parameter as it was after this step: nothing else of the file is read. ValueError when it is not kept."""
        self._require_kept(step)
        with safetensors.safe_open(self._file(step), "numpy") as weights:
            value: NDArray[Any] = weights.get_tensor(name)
        return value

    def noted(self, step: int, what: str, find: Callable[[Transformer], Any]) -> Any:
        """What `find` sees in the model of a kept step: looked for once, known under `what` as long as its weights are
        kept. ValueError when they are not."""
        if not self.has_noted(step, what):
            self._notes.setdefault(step, {})[what] = find(self.model_at(step))
        return self._notes[step][what]

    def has_noted(self, step: int, what: str) -> bool:
        """Whether `noted` would answer without looking."""
        return what in self._notes.get(step, {})

    def cut(self, step: int) -> None:
        """Forget what was kept after this step: the run went back."""
        for later in [kept for kept in self._sizes if kept > step]:
            self._remove(later)

    def _require_kept(self, step: int) -> None:
        if step not in self._sizes:
            kept = ", ".join(map(str, self.steps)) or "none yet"
            raise ValueError(f"at must be a step whose weights are kept, {kept}; got {shown(step)}")

    def _file(self, step: int) -> Path:
        return self._path / f"{step}.safetensors"

    def _remove(self, step: int) -> None:
        del self._sizes[step]
        self._forget(step)
        self._file(step).unlink(missing_ok=True)

    def _forget(self, step: int) -> None:
        self._notes.pop(step, None)
        if self._shown is not None and self._shown[0] == step:
            self._shown = (-1, self._shown[1])
