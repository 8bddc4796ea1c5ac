"""The data tab of the settings: what a data set is, three examples of it, what to watch for; the visitor's own text."""

from collections.abc import Mapping

import streamlit as st

from model.config import RunConfig
from model.download import download_for, install
from model.fields import Setting
from model.texts import MAX_TEXT_BYTES, check_text
from pages import _session
from pages._session import View


def data_panel(view: View, values: Mapping[str, Setting]) -> None:
    """Say what the chosen data are, or how to bring them here."""
    is_own = values["dataset"] == "text"
    if is_own and not _bring_text():
        return
    if values["dataset"] == "shakespeare":
        shakespeare_panel()
    try:
        text = _session.text_at_hand(view) if is_own else None
        dataset = _session.dataset_of(RunConfig.from_dict(values), text)
    except ValueError as refusal:
        st.info(str(refusal), icon=":material/info:")
        return
    if text is not None:
        st.success(f"{len(text):,} characters are ready: press “Start new run”.", icon=":material/check:")
    with st.container(border=True):
        st.markdown(f"**{dataset.title}**")
        st.write(dataset.description)
        st.code("\n".join(dataset.examples), language=None)
        st.markdown("**Watch for**")
        st.write(dataset.watch_for)
        st.caption(
            f"{dataset.n_train:,} tokens to learn from, {dataset.n_validation:,} held out · vocabulary of "
            f"{dataset.vocab_size:,} · {dataset.about.source}"
        )


def shakespeare_panel() -> None:
    """Fetch TinyShakespeare, or take the file, while it is not here; nothing once it is."""
    state = download_for(_session.client().home).progress.state
    if state != "done":  # looked at again and again only while it comes: a rerun closes a list that somebody has open
        st.fragment(_fetch_shakespeare, run_every=1.0 if state == "running" else None)(state)


def _fetch_shakespeare(known: str) -> None:
    download = download_for(_session.client().home)
    progress = download.progress
    if progress.state == "done" or (known == "running" and progress.state != known):
        st.rerun()
    with st.container(border=True, gap="small"):
        st.markdown("**TinyShakespeare** (1.1 MB) is needed for nanoGPT, LLaMA from scratch and Speedrun.")
        if progress.state == "running":
            st.progress(progress.share, progress.sentence)
            return
        if progress.state == "failed":
            st.error(progress.sentence, icon=":material/cloud_off:")
        if st.button("Download it", key=_session.FETCH, icon=":material/download:"):
            download.start()
            st.rerun()
        st.file_uploader("or choose the file", key=_session.FILE, on_change=_install, type=["txt"])


def _install() -> None:
    upload = st.session_state[_session.FILE]
    if upload is None:
        return
    try:
        install(_session.client().home, upload.getvalue())
    except (ValueError, OSError) as refusal:
        _session.say_once(str(refusal))


def _bring_text() -> bool:
    """Offer the ways to bring a text; whether none was refused."""
    limit = f"{MAX_TEXT_BYTES / 1e6:.0f} MB"
    upload = st.file_uploader(f"A text file (UTF-8, at most {limit})", key=_session.UPLOAD)
    pasted = st.text_area("or paste a text", key=_session.PASTED, height=120, placeholder="Paste any text here.")
    data = upload.getvalue() if upload is not None else pasted.encode()
    if not data and upload is None:
        return True
    try:
        text = check_text(data)
    except ValueError as refusal:
        st.error(str(refusal), icon=":material/error:")
        return False
    _session.keep_own_text(text)
    return True
