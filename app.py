"""Glassbox: the composition root. Joins Streamlit's pages, our routes and the supervisor that hosts the runs."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent
if str(PROJECT) not in sys.path:  # `streamlit run` puts pages/ there, not the project
    sys.path.insert(0, str(PROJECT))

import streamlit as st
from starlette.middleware import Middleware

from model.runs.client import connect
from model.runs.launch import running_supervisor
from viz.routes.assets import asset_routes
from viz.routes.browser_key import BrowserKey
from viz.routes.follow import follow_routes
from viz.routes.live import live_routes
from viz.routes.shipped import shipped_routes
from viz.routes.traces import trace_routes


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """One supervisor beside the web process; it ends with us and saves first."""
    client = connect()
    async with running_supervisor(client.home):
        gc.freeze()
        yield {}
        client.close()


app = st.App(
    str(PROJECT / "pages" / "_navigation.py"),
    lifespan=lifespan,
    routes=[*asset_routes(), *live_routes(connect), *shipped_routes(), *trace_routes(), *follow_routes(connect)],
    middleware=[Middleware(BrowserKey)],
)
