"""The text that byte pairs are learned on: which one, how much of it, and the record of its merges, made once."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import streamlit as st

from model.bpe_record import EXAMPLE, EXAMPLE_SHOWN, MOST_BYTES, cut_to_bytes, learned_record
from model.config import DataConfig, RunConfig
from model.texts import check_text, names, prose, shakespeare
from pages import _session
from pages._session import View
from viz.routes.traces import keep

SOURCES = {
    "writing": "writing, written, writer", "own": "your own text", "names": "first names", "prose": "English prose",
    "shakespeare": "TinyShakespeare",
}  # fmt: skip


@dataclass(frozen=True)
class Learned:
    """`text`: what was chosen, all of it; `record`: what was learned on its beginning; `digest`: where browsers find
    it; `remark`: one sentence on what was cut or is missing, or ""."""

    source: str
    text: str
    record: dict[str, Any]
    digest: str
    remark: str = ""

    @property
    def example(self) -> str:
        """What stands in the three rows while the visitor has typed nothing."""
        if self.source == "writing":
            return EXAMPLE_SHOWN
        return next((line for line in self.record["text"].splitlines() if line.strip()), "")


def learned(view: View) -> Learned:
    """Show the choice of texts, and learn on the chosen one."""
    source = st.segmented_control("Learn the merges from", list(SOURCES), format_func=SOURCES.__getitem__,
                                  required=True, key=_session.LEARNED_FROM, default=_chosen_before(),
                                  on_change=_keep_choice)  # fmt: skip
    text, remark = _text_of(source)
    record, written = _record(cut_to_bytes(text))
    digest = hashlib.sha256(written).hexdigest()
    keep(view.run, {digest: written})
    if len(text) > len(record["text"]):
        remark = f"Learned on the first {MOST_BYTES:,} bytes of this text; it has {len(text.encode()):,}."
    return Learned(source, text, record, digest, remark)


def _chosen_before() -> str:
    """The choice in the link, or the one this visitor made before, or the first."""
    chosen = st.query_params.get(_session.LEARN) or st.session_state.get(_session.LEARN)
    return chosen if chosen in SOURCES else next(iter(SOURCES))


def _keep_choice() -> None:
    st.session_state[_session.LEARN] = st.query_params[_session.LEARN] = st.session_state[_session.LEARNED_FROM]


def _text_of(source: str) -> tuple[str, str]:
    """The chosen text and, where it cannot be had, "" and one sentence."""
    if source == "own":
        own = st.text_area("Your own text", key=_session.LEARNED_TEXT, height=110,
                           persist_state="session", label_visibility="collapsed",
                           placeholder="Paste any text here, then press Ctrl+Enter.")  # fmt: skip
        text = (own or "").replace("\r\n", "\n")
        return text, "" if text else "There is no text to learn from yet: paste one above."
    share, home = DataConfig().train_share, _session.client().home
    try:
        return {
            "writing": lambda: EXAMPLE,
            "names": lambda: names("all", share, home)[0].lstrip(),
            "prose": lambda: prose(share)[0],
            "shakespeare": lambda: shakespeare(share, home)[0],
        }[source](), ""
    except ValueError:
        return "", "TinyShakespeare is not here yet: fetch it in the settings on the Train page."


@st.cache_data(max_entries=32, show_spinner=False)
def _record(text: str) -> tuple[dict[str, Any], bytes]:
    record = learned_record(text)
    return record, json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def config_on(view: View, learned: Learned, n_merges: int) -> tuple[RunConfig, str | None]:
    """This run's settings on the chosen text with this tokenizer, and the text where it is not one of ours.

    ValueError, one sentence, where no such run can be made.
    """
    is_own = learned.source in ("own", "writing")
    text = check_text(learned.text.encode()) if is_own else None
    base = _session.DEFAULT if view.config.data.is_task else view.config
    dataset = "text" if is_own else learned.source
    layout = base.data.layout if dataset == "names" else "stream"
    config = base.replace(dataset=dataset, tokenizer="bpe", n_merges=n_merges, layout=layout, text_sha256="")
    return config, text
