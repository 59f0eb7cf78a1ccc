"""The app's client of the generator process: writes questions, posts replies as messages.

A new question of a listener cancels the listener's previous question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from textual.message import Message

from rnnlab.protocol.codec import decode_reply, encode_cancel, encode_request
from rnnlab.protocol.messages import (
    Alive,
    Ended,
    Failed,
    Question,
    Ready,
    Reply,
)
from rnnlab.runs.launch import child_command
from rnnlab.tui.messages import GeneratorDied, GeneratorSaid, Listener
from rnnlab.tui.outside.subprocesses import LineProcess, ProcessExit


class MakeProcess(Protocol):
    """The type of `LineProcess`, with the arguments that the client gives."""

    def __call__(
        self,
        command: Sequence[str],
        on_line: Callable[[bytes], object],
        on_exit: Callable[[LineProcess, ProcessExit], object],
        /,
        *,
        is_awaited: Callable[[], bool],
    ) -> LineProcess:
        """Return a process that has not been started."""
        ...


class GeneratorClient:
    """Starts the process, writes questions to it and reads its replies."""

    def __init__(
        self,
        post: Callable[[Message], object],
        command: Sequence[str] | None = None,
        make_process: MakeProcess = LineProcess,
    ) -> None:
        """post: called with every reply; command: the process's command, None for rnnlab's own."""
        self._command = command or child_command("rnnlab.worker.generate")
        self._post = post
        self._make_process = make_process
        self._process: LineProcess | None = None
        self._ask = 0
        self._process_of: dict[int, LineProcess] = {}
        """The process of each open question: if a process dies, only its own questions fail."""
        self._listeners: dict[int, Listener] = {}
        """The listener of each open question."""

    async def deliver(self, reply: Reply) -> None:
        """Hand a reply to the listener of its question; `Ended` closes the question."""
        if isinstance(reply, Ready | Alive):
            return
        listener = self._listeners.get(reply.ask)
        if isinstance(reply, Ended):
            self._process_of.pop(reply.ask, None)
            self._listeners.pop(reply.ask, None)
        if listener is not None:
            await listener.on_reply(reply)

    async def start(self) -> None:
        """Start the process unless it is running.

        The app calls this before the first prompt, because torch loads slowly.
        """
        await self._usable_process().start()

    async def ask(self, listener: Listener, question: Question) -> None:
        """Number and send a question; the listener's previous question is cancelled."""
        self._ask += 1
        lines = self._drop(listener)
        self._listeners[self._ask] = listener
        process = self._process_of[self._ask] = self._usable_process()
        await process.write(lines + encode_request(replace(question, ask=self._ask)))

    async def cancel(self, listener: Listener) -> None:
        """Cancel a listener's question; the replies sent so far and `Ended` still arrive."""
        await self._write_to_running(self._cancelling(listener))
        if self._process is not None and self._asks(listener):
            self._process.hurry()

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
        if lines and self._process is not None and self._process.is_usable:
            await self._process.write(lines)

    async def close(self) -> None:
        """Kill the process: it has nothing to save."""
        if self._process is not None:
            await self._process.close()

    def _usable_process(self) -> LineProcess:
        """Return the process; a new one if the last one has ended."""
        if self._process is None or not self._process.is_usable:
            self._process = self._make_process(
                self._command, self._on_line, self._on_exit, is_awaited=self._is_awaited
            )
        return self._process

    def _is_awaited(self) -> bool:
        return bool(self._process_of)

    def _on_line(self, line: bytes) -> None:
        """Post the reply of a line."""
        reply = decode_reply(line)
        if reply is not None and not isinstance(reply, Alive):
            self._post(GeneratorSaid(reply))

    def _on_exit(self, process: LineProcess, ended: ProcessExit) -> None:
        """Fail the open questions of a process; report its end, unless it has a successor."""
        reason = f"the generator {ended.words}"
        if ended.is_hung:
            reason = "the generator was replaced: it did not answer"
        asks = [ask for ask, asked in self._process_of.items() if asked is process]
        for ask in asks:
            del self._process_of[ask]
        for ask in filter(self._listeners.__contains__, asks):
            self._post(GeneratorSaid(Failed(ask, reason)))
            self._post(GeneratorSaid(Ended(ask, was_cancelled=False, elapsed_s=0.0)))
        if self._process is process:
            self._post(GeneratorDied(reason, is_replaced=ended.is_hung))
