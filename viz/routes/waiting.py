"""Threads that wait for the answers of the process that hosts the runs, each up to 20 seconds.

Python's own few (six on two cores) are left to what computes: with them one slow run would hold up every visitor's
first word and every pause. Whose answer is waited for is known elsewhere.
"""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

N_THREADS = 64

P = ParamSpec("P")
R = TypeVar("R")
_threads = ThreadPoolExecutor(N_THREADS, "glassbox-waiting")


async def waited(ask: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """What `ask` returns, called in one of the threads that wait."""
    return await asyncio.get_running_loop().run_in_executor(_threads, functools.partial(ask, *args, **kwargs))
