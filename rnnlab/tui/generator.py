"""The app's end of the generator process: asked by lines, its replies posted as messages."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from typing import BinaryIO

from textual.message import Message

from rnnlab.errors import one_line
from rnnlab.runs.launch import child_command, child_environment
from rnnlab.runs.prompts import (
    Request,
    decode_reply,
    encode_cancel,
    encode_request,
)
from rnnlab.tui.messages import GeneratorDied, GeneratorSaid

_LINE_LIMIT = 1 << 26
"""Bytes of one reply at most: a wide beam over a long text is large."""


class Generator:
    """Owns the process; one request at a time is of interest, a newer one cancels it."""

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._ask = 0

    @property
    def latest(self) -> int:
        """Number of the newest request; replies to older ones no longer matter."""
        return self._ask

    async def start(self) -> asyncio.subprocess.Process:
        """Start the process unless it runs; the first prompt then need not wait for torch."""
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return self._process
            errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the process has ended)
            self._process = await asyncio.create_subprocess_exec(
                *child_command("rnnlab.worker.generate"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=_LINE_LIMIT,
                # Out of the terminal's reach: no key press or hang-up is ever meant for it.
                start_new_session=True,
                env=child_environment(),
            )
            self._reader = asyncio.create_task(self._read(self._process, errors))
            return self._process

    async def ask(
        self, run: str, prompt: str, decoders: list[str], length: int, seed: int, unknown: str
    ) -> Request:
        """Ask for continuations from the newest checkpoint of a run."""
        self._ask += 1
        request = Request(
            self._ask, run, prompt, decoders, length=length, seed=seed, unknown=unknown
        )
        await self._write(
            (encode_cancel(self._ask - 1) if self._ask > 1 else "") + encode_request(request)
        )
        return request

    async def cancel(self) -> None:
        """End the newest request."""
        if self._process is not None and self._process.returncode is None:
            await self._write(encode_cancel(self._ask))

    async def close(self) -> None:
        """End the process."""
        if self._reader is not None:
            self._reader.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()  # it has nothing to save, and quitting must not wait for it
            await self._process.wait()

    async def _write(self, lines: str) -> None:
        process = await self.start()
        assert process.stdin is not None
        try:
            process.stdin.write(lines.encode())
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # the reader says so when the output ends

    async def _read(self, process: asyncio.subprocess.Process, errors: BinaryIO) -> None:
        assert process.stdout is not None
        with errors:
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
        self._post(GeneratorDied(one_line(reason)))
