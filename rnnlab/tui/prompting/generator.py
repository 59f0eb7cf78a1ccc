"""The app's end of the generator process: asked by lines, its replies posted as messages.

Whoever asks is a listener; a newer question of the same listener ends the older one.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import BinaryIO

from textual.message import Message

from rnnlab.base.errors import one_line
from rnnlab.protocol.codec import decode_reply, encode_cancel, encode_request
from rnnlab.protocol.messages import (
    Ended,
    Failed,
    Question,
    Ready,
    Reply,
)
from rnnlab.runs.launch import child_command, child_environment
from rnnlab.tui.messages import GeneratorDied, GeneratorSaid, Listener
from rnnlab.tui.shell.subprocesses import end

_LINE_LIMIT = 1 << 26
"""Bytes of one reply at most: a wide beam over a long text is large."""


class GeneratorClient:
    """Owns the process."""

    def __init__(
        self, post: Callable[[Message], object], command: Sequence[str] | None = None
    ) -> None:
        """post: takes the replies; command: starts the process, rnnlab's worker if None."""
        self._command = command or child_command("rnnlab.worker.generate")
        self._post = post
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._ask = 0
        self._process_of: dict[int, asyncio.subprocess.Process] = {}
        """Which process was asked which question."""
        self._listeners: dict[int, Listener] = {}
        """Who waits for replies to which question."""

    def listener(self, reply: Reply) -> Listener | None:
        """Return who waits for a reply; None where it no longer matters."""
        if isinstance(reply, Ready):
            return None
        if isinstance(reply, Ended):
            self._process_of.pop(reply.ask, None)
            return self._listeners.pop(reply.ask, None)
        return self._listeners.get(reply.ask)

    async def start(self) -> asyncio.subprocess.Process:
        """Start the process unless it runs; the first prompt then need not wait for torch."""
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return self._process
            errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the process has ended)
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=_LINE_LIMIT,
                # Out of the terminal's reach: no key press or hang-up is ever meant for it.
                start_new_session=True,
                env=child_environment(),
            )
            self._reader = asyncio.create_task(self._read(self._process, errors))
            self._reader.add_done_callback(lambda _reader: errors.close())
            return self._process

    async def ask(self, listener: Listener, question: Question) -> None:
        """Ask a question, numbered anew, in place of the listener's last one."""
        self._ask += 1
        lines = self._forget(listener)
        self._listeners[self._ask] = listener
        await self._write(lines + encode_request(replace(question, ask=self._ask)), self._ask)

    async def cancel(self, listener: Listener) -> None:
        """End a listener's question; what was found so far and its end are still told."""
        asks = [ask for ask, waiting in self._listeners.items() if waiting is listener]
        if asks and self._process is not None and self._process.returncode is None:
            await self._write("".join(map(encode_cancel, asks)))

    def _forget(self, listener: Listener) -> str:
        """Return the lines that end whatever a listener has asked, and hear no more of it."""
        asks = [ask for ask, waiting in self._listeners.items() if waiting is listener]
        for ask in asks:
            del self._listeners[ask]
        return "".join(map(encode_cancel, asks))

    async def close(self) -> None:
        """End the process: it has nothing to save, and quitting must not wait for it."""
        async with self._starting:
            process, reader = self._process, self._reader
        if process is None or reader is None:
            return
        reader.cancel()
        await asyncio.wait([reader])
        await end(process)

    async def _write(self, lines: str, ask: int | None = None) -> None:
        process = await self.start()
        if ask is not None:
            self._process_of[ask] = process
        assert process.stdin is not None
        try:
            process.stdin.write(lines.encode())
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # the reader says so when the output ends

    async def _read(self, process: asyncio.subprocess.Process, errors: BinaryIO) -> None:
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                reply = decode_reply(line)
                if reply is not None:
                    self._post(GeneratorSaid(reply))
        except ValueError:  # a line beyond the limit: what follows it cannot be trusted
            process.kill()
        code = await process.wait()
        errors.seek(0)
        last_lines = errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        reason = last_lines[-1] if last_lines else f"exit code {code}"
        reason = one_line(reason)
        # A process started since answers its own questions.
        asks = [ask for ask, asked in self._process_of.items() if asked is process]
        for ask in asks:
            del self._process_of[ask]
        for ask in filter(self._listeners.__contains__, asks):
            self._post(GeneratorSaid(Failed(ask, f"the generator ended: {reason}")))
            self._post(GeneratorSaid(Ended(ask, was_cancelled=False, elapsed_s=0.0)))
        if self._process is process:
            self._post(GeneratorDied(reason))
