"""The live parts of the screen: the Train page and the run in the sidebar. Each opens the run's own WebSocket.

The wrappers hand over addresses only; all numbers come through `/live/{run}`, without a script rerun.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from viz.routes.assets import asset_url

# Sent again at every rerun, so it only fetches the module that does the work. `turn` guards against calls that
# overtake each other: only the newest may mount, and only its clean-up may end what it mounted.
_MOUNT = """
export default function ({ data, parentElement: root, setTriggerValue }) {
  const turn = (root.turn = (root.turn ?? 0) + 1);
  const url = new URL(data.module, document.baseURI).href;
  const same = JSON.stringify(data);
  if (root.view && root.mounted === same) root.view.update(data);
  else import(url).then((module) => module.mount(root, data, setTriggerValue)).then((view) => {
    if (root.turn !== turn) return view.unmount();
    root.view?.unmount();
    root.view = view;
    root.mounted = same;
  });
  return () => {
    if (root.turn !== turn) return;
    root.turn += 1;
    root.view?.unmount();
    root.view = null;
  };
}
"""


def train_view(key: str, run: str, shipped_url: str = "") -> str | None:
    """The whole Train page of a run, and before its first points the shipped run at `shipped_url` ("" for none).

    Returns the id of a run to look at when the visitor just made one (a fork), else None.
    """
    result = _component("train")(key=key, data=_data("train", run, shipped=shipped_url), on_opened_change=_rerun_only)
    opened = result.opened
    return opened if isinstance(opened, str) else None


def sidebar_view(key: str, run: str) -> None:
    """The run's name, state, step, loss and a small curve, with one button that pauses or starts it."""
    _component("sidebar")(key=key, data=_data("sidebar", run))


@cache
def _component(name: str) -> Callable[..., Any]:
    """Made when a page first needs it: outside a running server Streamlit cannot make it."""
    return st.components.v2.component(f"glassbox_{name}", js=_MOUNT)


def _data(name: str, run: str, **more: str) -> dict[str, str]:
    base = st.get_option("server.baseUrlPath").strip("/")
    prefix = f"/{base}" if base else ""
    return {"module": prefix + asset_url(f"live/{name}.js"), "base": prefix, "run": run, **more}


def _rerun_only() -> None:
    """A trigger needs a callback to be named in the result."""
