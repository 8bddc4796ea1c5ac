"""The Tokens page: one text as characters, bytes and byte-pair tokens, and how the merges were learned, one by one.

The wrapper hands over the address of the learned record; all stepping happens in the browser.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from model.bpe import TIE_RULE
from viz.components.mounting import addresses, component, rerun_only


def tokens_view(
    key: str,
    run: str,
    record: str,
    shown: Mapping[str, Any],
    remarks: list[str],
    on_start: Callable[[int], None],
) -> bool:
    """The whole page below its controls. `record` is the content hash under which the learned record was kept ("" while
    there is none), `shown` the text that stands in three rows (`model.bpe_record.shown_record`), `remarks` sentences on
    what was cut or cannot be read.

    `on_start` is told how many merges a new run shall have, before the script runs again. Returns whether the browser
    asks for the record again, because the server has forgotten it.
    """
    data = {**addresses("tokens/tokens.js", run), "record": record, "shown": shown, "tie_rule": TIE_RULE,
            "remarks": remarks}  # fmt: skip
    asked = component("tokens")(
        key=key, data=data, on_missing_change=rerun_only,
        on_start_change=lambda: on_start(int(st.session_state[key].start)),
    )  # fmt: skip
    return bool(asked.missing)
