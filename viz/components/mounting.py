"""How a component comes onto a page: a few inline lines that fetch the module which does the work."""

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from viz.routes.assets import asset_url

# Sent again at every rerun, so it only fetches the module. `turn` guards against calls that overtake each other: only
# the newest may mount, and only its clean-up may end what it mounted. A view that `takes` other data is kept for them.
_MOUNT = """
export default function ({ data, parentElement: root, setTriggerValue }) {
  const turn = (root.turn = (root.turn ?? 0) + 1);
  const url = new URL(data.module, document.baseURI).href;
  const same = JSON.stringify(data);
  if (root.view && (root.mounted === same || root.view.takes?.(data))) {
    root.view.update(data);
    root.mounted = same;
  } else import(url).then((module) => module.mount(root, data, setTriggerValue)).then((view) => {
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


@cache
def component(name: str) -> Callable[..., Any]:
    """Made when a page first needs it: outside a running server Streamlit cannot make it."""
    return st.components.v2.component(f"glassbox_{name}", js=_MOUNT)


def base_path() -> str:
    """What stands before every path of this server: "" or "/prefix"."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}" if base else ""


def addresses(module: str, run: str) -> dict[str, str]:
    """What every module of ours needs to know: where it lies itself, the server's base path, the run."""
    return {"module": base_path() + asset_url(module), "base": base_path(), "run": run}


def rerun_only() -> None:
    """A trigger needs a callback to be named in the result."""
