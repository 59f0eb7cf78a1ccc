"""The app's subprocesses end before the event loop: no open pipes remain."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import warnings
from collections.abc import Awaitable, Callable

import pytest

from rnnlab.tui.outside.estimator import Estimator
from rnnlab.tui.outside.generator import GeneratorClient
from rnnlab.tui.outside.subprocesses import end_all, output_of

_TALKER = "import sys, time; print('x' * 200_000, flush=True); time.sleep(3600)"
"""Fills its pipe and then writes nothing more."""
_SILENT = "import time; time.sleep(3600)"


def test_the_output_and_the_exit_code_are_returned() -> None:
    command = [sys.executable, "-c", "import sys; print('out'); sys.exit('err')"]
    said = asyncio.run(output_of(command, os.environ))
    assert said == (1, b"out\n", b"err\n")


@pytest.mark.parametrize("num_rounds", [0, 1, 100], ids=["at once", "as it starts", "later"])
def test_a_caller_that_is_cancelled_twice_leaves_nothing_behind(num_rounds: int) -> None:
    async def look() -> None:
        caller = asyncio.create_task(output_of([sys.executable, "-c", _TALKER], os.environ))
        for _ in range(num_rounds + 1):
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.sleep(0)
        caller.cancel()
        await end_all()

    _assert_nothing_is_left(look)


def test_a_generator_that_is_closed_leaves_nothing_behind() -> None:
    async def ask() -> None:
        generator = GeneratorClient(lambda _message: None, [sys.executable, "-c", _TALKER])
        await generator.start()
        await generator.close()

    _assert_nothing_is_left(ask)


def test_an_estimator_that_is_closed_leaves_nothing_behind() -> None:
    async def ask() -> None:
        estimator = Estimator(None, [sys.executable, "-c", _SILENT])
        asking = [asyncio.create_task(estimator.ask({"corpus": str(n)})) for n in range(2)]
        while not estimator.is_started:
            await asyncio.sleep(0)
        await estimator.close()
        first, second = await asyncio.gather(*asking)
        assert first is not None
        assert first.is_problem
        assert second is None

    _assert_nothing_is_left(ask)


def _assert_nothing_is_left(do: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine in a new event loop, and check that the loop has closed all pipes."""

    async def main() -> None:
        await do()

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        asyncio.run(main())
        gc.collect()
    assert [str(one.message) for one in seen] == []
