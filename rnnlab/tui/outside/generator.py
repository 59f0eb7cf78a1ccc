"""The app's client of the generator process: writes questions, posts replies as messages.

A new question of a listener cancels the listener's previous question.
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
from rnnlab.tui.outside.subprocesses import end

_LINE_LIMIT = 1 << 26
"""Maximum size of one reply in bytes: the trace of a wide beam over a long text is large."""


class GeneratorClient:
    """Starts the process, writes questions to it and reads its replies."""

    def __init__(
        self, post: Callable[[Message], object], command: Sequence[str] | None = None
    ) -> None:
        """post: called with every reply; command: the process's command, None for rnnlab's own."""
        self._command = command or child_command("rnnlab.worker.generate")
        self._post = post
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._ask = 0
        self._process_of: dict[int, asyncio.subprocess.Process] = {}
        """The process of each open question: if a process dies, only its own questions fail."""
        self._listeners: dict[int, Listener] = {}
        """The listener of each open question."""

    async def deliver(self, reply: Reply) -> None:
        """Hand a reply to the listener of its question; `Ended` closes the question."""
        if isinstance(reply, Ready):
            return
        listener = self._listeners.get(reply.ask)
        if isinstance(reply, Ended):
            self._process_of.pop(reply.ask, None)
            self._listeners.pop(reply.ask, None)
        if listener is not None:
            await listener.on_reply(reply)

    async def start(self) -> asyncio.subprocess.Process:
        """Start the process unless it is running.

        The app calls this before the first prompt, because torch loads slowly.
        """
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
                # A new session: the terminal's ctrl+c and hang-up must not reach the process.
                start_new_session=True,
                env=child_environment(),
            )
            self._reader = asyncio.create_task(self._read(self._process, errors))
            self._reader.add_done_callback(lambda _reader: errors.close())
            return self._process

    async def ask(self, listener: Listener, question: Question) -> None:
        """Number and send a question; the listener's previous question is cancelled."""
        self._ask += 1
        lines = self._drop(listener)
        self._listeners[self._ask] = listener
        await self._write(lines + encode_request(replace(question, ask=self._ask)), self._ask)

    async def cancel(self, listener: Listener) -> None:
        """Cancel a listener's question; the replies sent so far and `Ended` still arrive."""
        await self._write_to_running(self._cancelling(listener))

    async def drop(self, listener: Listener) -> None:
        """End a listener's question early; it gets no more replies."""
        await self._write_to_running(self._drop(listener))

    def _asks(self, listener: Listener) -> list[int]:
        return [ask for ask, waiting in self._listeners.items() if waiting is listener]

    def _cancelling(self, listener: Listener) -> str:
        """Return the lines that cancel a listener's open questions."""
        return "".join(map(encode_cancel, self._asks(listener)))

    def _drop(self, listener: Listener) -> str:
        """Forget a listener's open questions; return the lines that cancel them."""
        lines = self._cancelling(listener)
        for ask in self._asks(listener):
            del self._listeners[ask]
        return lines

    async def _write_to_running(self, lines: str) -> None:
        if lines and self._process is not None and self._process.returncode is None:
            await self._write(lines)

    async def close(self) -> None:
        """Kill the process: it has nothing to save."""
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
            return  # `_read` reports the dead process when its output ends

    async def _read(self, process: asyncio.subprocess.Process, errors: BinaryIO) -> None:
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                reply = decode_reply(line)
                if reply is not None:
                    self._post(GeneratorSaid(reply))
        except ValueError:  # a line beyond the limit: the rest of the stream cannot be parsed
            process.kill()
        code = await process.wait()
        errors.seek(0)
        last_lines = errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        reason = last_lines[-1] if last_lines else f"exit code {code}"
        reason = one_line(reason)
        asks = [ask for ask, asked in self._process_of.items() if asked is process]
        for ask in asks:
            del self._process_of[ask]
        for ask in filter(self._listeners.__contains__, asks):
            self._post(GeneratorSaid(Failed(ask, f"the generator ended: {reason}")))
            self._post(GeneratorSaid(Ended(ask, was_cancelled=False, elapsed_s=0.0)))
        if self._process is process:
            self._post(GeneratorDied(reason))
