"""Glassbox: the composition root. Joins Streamlit's pages, our routes and the supervisor that hosts the runs."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent
SECONDS_TO_WARM_UP = 20.0  # then the app opens all the same, and says itself what is amiss
if str(PROJECT) not in sys.path:  # `streamlit run` puts pages/ there, not the project
    sys.path.insert(0, str(PROJECT))

import streamlit as st
from starlette.middleware import Middleware

from model.config import DataConfig
from model.datasets import load_dataset
from model.runs.client import connect
from model.runs.launch import running_supervisor
from pages import _settings, _sidebar  # noqa: F401  # imported now, not while the first visitor waits
from viz.routes.ask import ask_routes
from viz.routes.assets import asset_routes
from viz.routes.browser_key import BrowserKey
from viz.routes.first_paint import FirstPaint
from viz.routes.follow import follow_routes
from viz.routes.live import live_routes
from viz.routes.project import project_routes
from viz.routes.projector import projector
from viz.routes.shipped import shipped_routes
from viz.routes.traces import trace_routes


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """One supervisor beside the web process; it ends with us and saves first."""
    client = connect()
    async with running_supervisor(client.home):
        # Before the first visitor comes: he would share the processor with what only has to be done once.
        await asyncio.gather(
            asyncio.to_thread(load_dataset, DataConfig(), home=client.home),
            asyncio.to_thread(client.wait_until_warm, SECONDS_TO_WARM_UP),
        )
        gc.freeze()
        yield {}
        await projector().close()
        client.close()


app = st.App(
    str(PROJECT / "pages" / "_navigation.py"),
    lifespan=lifespan,
    routes=[
        *asset_routes(), *live_routes(connect), *shipped_routes(), *trace_routes(), *follow_routes(connect),
        *ask_routes(connect), *project_routes(connect, projector()),
    ],
    middleware=[Middleware(BrowserKey), Middleware(FirstPaint)],
)
