"""Subprocesses whose output the app awaits; all of them end before the event loop closes.

The event loop closes the pipes of a process once its exit code and all its output have been read.
If the loop itself closes earlier, the pipes stay open.
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class ProcessOutput(NamedTuple):
    """Exit code, stdout and stderr of an ended process."""

    exit_code: int
    out: bytes
    errors: bytes


class _Child:
    """A process whose output is read to the end, even if its caller is cancelled."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._is_given_up = False

    def give_up(self) -> None:
        """Kill the process, now or as soon as it has started."""
        self._is_given_up = True
        if self._process is not None:
            kill(self._process)

    async def run(self, command: Sequence[str], environment: Mapping[str, str]) -> ProcessOutput:
        """Start the process and read its output to the end."""
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
"""Commands that have not ended yet, killed or not."""


async def output_of(command: Sequence[str], environment: Mapping[str, str]) -> ProcessOutput:
    """Run a command to its end and return its output; kill it if the caller is cancelled.

    A separate task owns the process: a Textual worker is cancelled once when the app closes and
    again when its screen is removed, and this second cancellation would interrupt the clean-up.
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
    """Kill every running command and wait for its end; call this before the loop closes."""
    for child in _RUNNING.values():
        child.give_up()
    await asyncio.gather(*_RUNNING, return_exceptions=True)


async def end(process: Process) -> None:
    """Kill a process and read the rest of its output; no other task may be reading it."""
    kill(process)
    if process.stdin is not None:
        process.stdin.close()
    await process.communicate()


def kill(process: Process) -> None:
    """Kill a process, unless it has ended."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
