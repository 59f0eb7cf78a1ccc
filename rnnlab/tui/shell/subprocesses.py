"""Processes that the lab waits for: nothing of one outlives the event loop that started it.

A process leaves its pipes open in the loop until its exit and all its output have been taken note
of; a loop that is closed before can never close them.
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class ProcessOutput(NamedTuple):
    """What a process has said."""

    exit_code: int
    out: bytes
    errors: bytes


class _Child:
    """A process that is read to its end, whatever becomes of whoever wanted that."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._is_given_up = False

    def give_up(self) -> None:
        """Kill it, at once or when it has started."""
        self._is_given_up = True
        if self._process is not None:
            kill(self._process)

    async def run(self, command: Sequence[str], environment: Mapping[str, str]) -> ProcessOutput:
        """Start it and read what it says."""
        self._process = process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
            env=dict(environment),
        )
        if self._is_given_up:
            kill(process)
        out, errors = await process.communicate()
        return ProcessOutput(await process.wait(), out, errors)


_RUNNING: dict[asyncio.Task[ProcessOutput], _Child] = {}
"""Commands that are not at their end yet, given up or not."""


async def output_of(command: Sequence[str], environment: Mapping[str, str]) -> ProcessOutput:
    """Run a command to its end; it is killed where its caller is cancelled.

    A task of its own looks after the process: a worker is cancelled once when the lab closes and
    again when its screen goes, and the second time would cut off what the first one cleared away.
    """
    child = _Child()
    running = asyncio.create_task(child.run(command, environment))
    _RUNNING[running] = child
    running.add_done_callback(_RUNNING.pop)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        child.give_up()
        raise


async def end_all() -> None:
    """Give up every command and wait for its end: to be called before the loop closes."""
    for child in _RUNNING.values():
        child.give_up()
    await asyncio.gather(*_RUNNING, return_exceptions=True)


async def end(process: Process) -> None:
    """Kill a process and take note of all that is left of it; nobody may be reading from it."""
    kill(process)
    if process.stdin is not None:
        process.stdin.close()
    await process.communicate()


def kill(process: Process) -> None:
    """Kill a process, unless it has ended."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
