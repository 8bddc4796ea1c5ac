"""Glossary: every term of the screen in one plain paragraph, its formula, and where it can be seen happening."""

import streamlit as st

from model.glossary import GLOSSARY, Term, first_letters, found
from pages import _session

PLACES = {
    "train": "Train", "step": "Step", "attention": "Attention", "embeddings": "Embeddings",
    "autograd": "Autograd graph", "generate": "Generate", "tokens": "Tokens",
}  # fmt: skip
COLUMNS = 2

view = _session.current()
title, words, field = st.columns([2, 5, 4], vertical_alignment="center", gap="small")
title.subheader("Glossary", anchor=False)
words.caption(f"{len(GLOSSARY)} terms, and where each can be seen happening in this run.")
asked = field.text_input("Find a term", key=_session.TERM, value=st.query_params.get(_session.TERM, ""), live=True,
                         placeholder="find a term: softmax, w_q, perplexity …", label_visibility="collapsed",
                         on_change=_session.keep_term)  # fmt: skip


def entry(term: Term) -> None:
    """One term: what it is, its formula, and the way to it."""
    also = f" · {', '.join(term.also)}" if term.also else ""
    st.markdown(f"**{term.name}**:gray[{also}]")
    st.markdown(term.paragraph)
    if term.formula:
        st.latex(term.formula)
    page, _, operation = term.where.partition("/")
    if page in PLACES:
        query = {_session.RUN: view.run, **({"op": operation} if operation else {})}
        st.page_link(f"{page}.py", label=f"See it on the {PLACES[page]} page", query_params=query)


if asked:
    terms = found(asked)
else:
    letter = st.segmented_control("First letter", first_letters(), default="A", required=True,
                                  label_visibility="collapsed")  # fmt: skip
    terms = [term for term in GLOSSARY.values() if first_letters([term]) == [letter]]
    terms.sort(key=lambda term: term.name.lower())
if not terms:
    st.info(f"No term here is called or explained with “{asked[:_session.MAX_LINK_TEXT]}”: try a shorter word, or "
            "empty the field to browse by letter.")  # fmt: skip
for start in range(0, len(terms), COLUMNS):
    for column, term in zip(st.columns(COLUMNS, gap="medium"), terms[start : start + COLUMNS], strict=False):
        with column.container(border=True):
            entry(term)
