"""The app's subprocesses end before the event loop: no open pipes remain."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from rnnlab.tui.outside.estimator import Estimator
from rnnlab.tui.outside.generator import GeneratorClient
from rnnlab.tui.outside.subprocesses import LineProcess, ProcessExit, end_all, output_of
from tests.toys.garbage import warnings_to_the_end

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

    assert _left_by(look) == []


def test_a_generator_that_is_closed_leaves_nothing_behind() -> None:
    async def ask() -> None:
        generator = GeneratorClient(lambda _message: None, [sys.executable, "-c", _TALKER])
        await generator.start()
        await generator.close()

    assert _left_by(ask) == []


def test_an_estimator_that_is_closed_leaves_nothing_behind() -> None:
    async def ask() -> None:
        estimator = Estimator(None, [sys.executable, "-c", _SILENT])
        asking = [asyncio.create_task(estimator.ask({"corpus": str(n)})) for n in range(2)]
        while not estimator.is_started:
            await asyncio.sleep(0)
        await estimator.close()
        assert await asyncio.gather(*asking) == [None, None]

    assert _left_by(ask) == []


class Ears:
    """Keeps what a line process says, and waits for its end."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.exits: list[ProcessExit] = []
        self.has_heard = asyncio.Event()

    def process(self, code: str, **options: Any) -> LineProcess:
        """Return a process that runs some Python."""
        return LineProcess([sys.executable, "-Sc", code], self._on_line, self._on_exit, **options)

    def _on_line(self, line: bytes) -> None:
        self.lines.append(line)
        self.has_heard.set()

    def _on_exit(self, _process: LineProcess, ended: ProcessExit) -> None:
        self.exits.append(ended)
        self.has_heard.set()

    async def hear(self) -> None:
        """Wait for the next line or the end."""
        await self.has_heard.wait()
        self.has_heard.clear()


_ECHO = "import sys\nfor line in sys.stdin: print(line.strip() * 2, flush=True)"


async def test_lines_are_written_and_read_until_the_process_is_closed() -> None:
    ears = Ears()
    process = ears.process(_ECHO)
    was_usable = process.is_usable
    for text in ("a", "b"):
        await process.write(f"{text}\n")
        await ears.hear()
    assert ears.lines == [b"aa\n", b"bb\n"]
    await process.close()
    assert (was_usable, process.is_usable) == (True, False)
    await process.write("c\n")
    assert (len(ears.lines), ears.exits) == (2, [])


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("import sys; sys.exit(3)", (3, "")),
        ("import sys; sys.exit('first\\nsecond\\t!\\n')", (1, "second !")),
        ("import os; os.kill(os.getpid(), 9)", (-9, "")),
        ("print('x' * 5000, flush=True); input(); input()", (-9, "")),
    ],
)
async def test_an_end_has_a_code_and_the_last_line_of_the_errors(
    code: str, ended: tuple[int, str]
) -> None:
    ears = Ears()
    process = ears.process(code, line_limit=1000)
    await process.write("a\n")
    await ears.hear()
    assert ears.exits == [ProcessExit(*ended)]
    assert not process.is_usable
    await process.write("b\n")
    await process.close()
    assert (ears.lines, len(ears.exits)) == ([], 1)


async def test_two_writes_start_one_process() -> None:
    ears = Ears()
    process = ears.process("import os; print(os.getpid(), flush=True); input(); input()")
    await asyncio.gather(process.write("a\n"), process.start(), process.write("b\n"))
    while not ears.exits:
        await ears.hear()
    assert len(ears.lines) == 1
    assert ears.exits == [ProcessExit(0, "")]


def test_the_end_of_the_app_ends_line_processes() -> None:
    async def leave_open() -> None:
        await Ears().process(_SILENT).start()
        await end_all()

    assert _left_by(leave_open) == []


def _left_by(do: Callable[[], Awaitable[None]]) -> list[str]:
    """Run a coroutine in a new event loop; return the warnings of pipes that are left open."""

    async def main() -> None:
        await do()

    with warnings_to_the_end(ResourceWarning) as seen:
        asyncio.run(main())
    return seen


@pytest.mark.parametrize(
    ("code", "last_line", "words"),
    [
        (-signal.SIGKILL, "", "was killed: out of memory?"),
        (-signal.SIGTERM, "", "was ended by SIGTERM"),
        (-40, "", "ended: exit code -40"),
        (1, "", "ended: exit code 1"),
        (1, "ImportError: torch", "ended: ImportError: torch"),
    ],
)
def test_the_end_of_a_process_is_described_in_words(code: int, last_line: str, words: str) -> None:
    assert ProcessExit(code, last_line).words == words
