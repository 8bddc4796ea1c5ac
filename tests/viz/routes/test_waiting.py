import asyncio
from threading import Barrier
from types import SimpleNamespace

from viz.routes.ask import Ask
from viz.routes.live import Live

RUN = "0123456789abcdef" * 2


def test_thirty_who_wait_for_a_slow_run_do_not_hold_up_ten_who_say_hello():
    all_at_once = Barrier(40)  # lets them go when all of them wait

    def request(*_, **__):
        all_at_once.wait(60)
        return {"owner": True, "step": 1}, {}

    def connect():
        return SimpleNamespace(request=request)

    async def wait():
        asking, live, browser = Ask(connect), Live(connect), SimpleNamespace(cookies={})
        asked = [asking.answer(RUN, "taps", {}) for _ in range(30)]
        return await asyncio.gather(*asked, *(live._hello(browser, RUN) for _ in range(10)))

    assert len(asyncio.run(wait())) == 40
