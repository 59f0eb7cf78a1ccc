"""Subprocesses of the app: commands and line processes; all end before the event loop closes.

The event loop closes the pipes of a process once its exit code and all its output have been read.
If the loop itself closes earlier, the pipes stay open.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from typing import IO, NamedTuple

from rnnlab.base.errors import one_line
from rnnlab.runs.launch import child_environment
from rnnlab.tui.outside.pulse import DEFAULT_LIMITS, Pulse, PulseLimits

_LINE_LIMIT = 1 << 26
"""Maximum size of one line in bytes: the trace of a wide beam over a long text is large."""
_ERRORS_SIZE = 2000
"""Maximum number of bytes read from the end of stderr."""


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


class ProcessExit(NamedTuple):
    """The end of a process."""

    code: int
    """Exit code; minus the number of the signal that killed the process."""
    last_line: str
    """The last line of its stderr; empty if it wrote none."""
    is_hung: bool = False
    """Whether it was killed because it did not answer."""

    @property
    def words(self) -> str:
        """How it ended, to follow its name: `was killed: out of memory?`."""
        if self.last_line:
            return f"ended: {self.last_line}"
        if self.code == -signal.SIGKILL:
            return "was killed: out of memory?"
        with contextlib.suppress(ValueError):  # a real-time signal has no name
            if self.code < 0:
                return f"was ended by {signal.Signals(-self.code).name}"
        return f"ended: exit code {self.code}"


class LineProcess:
    """A process that answers lines with lines; the first line starts it; it is never restarted.

    A task reads its output. The process has a session of its own: the terminal's ctrl+c and hang-up
    must not reach it.
    """

    def __init__(
        self,
        command: Sequence[str],
        on_line: Callable[[bytes], object],
        on_exit: Callable[[LineProcess, ProcessExit], object],
        line_limit: int = _LINE_LIMIT,
        *,
        is_awaited: Callable[[], bool] = lambda: False,
        limits: PulseLimits = DEFAULT_LIMITS,
    ) -> None:
        """on_line, on_exit: called with every line and once at the end, but not after `close`.

        line_limit: maximum size of a line in bytes; a longer line ends the process. is_awaited:
        returns whether an answer is awaited; meanwhile, the process is pinged, and killed if it
        does not answer. limits: when that is.
        """
        self._command = command
        self._on_line = on_line
        self._on_exit = on_exit
        self._line_limit = line_limit
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._is_closed = False
        self._is_awaited = is_awaited
        self._limits = limits
        self._pulse = Pulse(limits)
        self._is_hung = False

    @property
    def is_usable(self) -> bool:
        """Whether the process runs or can still be started."""
        has_ended = self._process is not None and self._process.returncode is not None
        return not self._is_closed and not has_ended and not self._is_hung

    async def start(self) -> None:
        """Start the process unless it has been started or closed; raises OSError."""
        async with self._starting:
            if self._process is not None or self._is_closed:
                return
            errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the process has ended)
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=errors,
                    limit=self._line_limit,
                    start_new_session=True,
                    env=child_environment(),
                )
            except BaseException:
                errors.close()
                raise
            self._reader = asyncio.create_task(self._read(self._process, errors))
            _OPEN.add(self)

    async def write(self, lines: str) -> None:
        """Write lines, each with its line end, and start the process if necessary.

        A process that has ended reports it by `on_exit` alone.
        """
        await self.start()
        if self._process is None or self._is_closed:
            return
        assert self._process.stdin is not None
        # Without `drain`: a process that hangs does not read, and the app would hang with it.
        self._process.stdin.write(lines.encode())

    def hurry(self) -> None:
        """Wait less long for the next sign of life: a user waits for it."""
        self._pulse.hurry()

    async def close(self) -> None:
        """Kill the process and wait for its end."""
        self._is_closed = True
        async with self._starting:
            pass
        if self._process is not None and self._reader is not None:
            kill(self._process)
            await asyncio.wait([self._reader])

    async def _read(self, process: Process, errors: IO[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        watching = asyncio.create_task(self._watch(process))
        try:
            while line := await _next_line(process):
                self._pulse.heard()
                if not self._is_closed:
                    self._on_line(line)
            code = await process.wait()
            if not self._is_closed:
                self._on_exit(self, ProcessExit(code, _last_line(errors), self._is_hung))
        finally:
            watching.cancel()
            kill(process)
            process.stdin.close()
            errors.close()
            _OPEN.discard(self)

    async def _watch(self, process: Process) -> None:
        """Ping the process while an answer is awaited; kill it if it hangs."""
        from rnnlab.protocol.codec import encode_ping  # the first frame does not need it

        assert process.stdin is not None
        for number in itertools.count(1):
            await asyncio.sleep(self._limits.ping_s)
            if not self._is_awaited():
                self._pulse.rest()
            elif self._pulse.is_hung(process.pid):
                self._is_hung = True
                kill(process)
                return
            elif not process.stdin.is_closing():
                process.stdin.write(encode_ping(number).encode())


_OPEN: set[LineProcess] = set()
"""Processes whose end has not been read yet."""


async def _next_line(process: Process) -> bytes:
    """Return the next line of the output, empty at its end; kill the process if it is too long."""
    assert process.stdout is not None
    try:
        return await process.stdout.readline()
    except ValueError:  # the rest of the output cannot be parsed
        kill(process)
        while await process.stdout.read(1 << 16):
            pass
        return b""


def _last_line(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _ERRORS_SIZE))
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return one_line(lines[-1]) if lines else ""


async def end_all() -> None:
    """Kill every running process and wait for its end; call this before the loop closes."""
    for child in _RUNNING.values():
        child.give_up()
    closing = [process.close() for process in _OPEN]
    await asyncio.gather(*_RUNNING, *closing, return_exceptions=True)


def kill(process: Process) -> None:
    """Kill a process, unless it has ended."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
