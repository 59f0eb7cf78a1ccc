"""The app's end of the generator: what is said when its process dies."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rnnlab.protocol.codec import encode_cancel
from rnnlab.protocol.messages import Distributions, Ended, Failed
from rnnlab.tui.messages import GeneratorSaid
from rnnlab.tui.outside.generator import GeneratorClient

if TYPE_CHECKING:
    import pytest
    from textual.message import Message

    from rnnlab.protocol.messages import Reply


class Listening:
    async def on_reply(self, reply: Reply) -> None:
        raise AssertionError(f"the app alone tells {reply}")


class Pipe:
    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, lines: bytes) -> None:
        assert lines.endswith(b"\n")
        self.lines.append(lines)

    async def drain(self) -> None:
        pass

    def close(self) -> None:
        pass


class Process:
    """Says nothing until its output is ended; dead as soon as it has an exit code."""

    def __init__(self) -> None:
        self.returncode: int | None = None
        self.stdin = Pipe()
        self.stdout = asyncio.StreamReader()

    async def wait(self) -> int:
        return self.returncode or 0

    async def communicate(self) -> tuple[bytes, bytes]:
        return b"", b""

    def kill(self) -> None:
        self.returncode = -9


async def test_a_dropped_question_is_cancelled_and_its_listener_gets_no_reply(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = Process()

    async def start(*_command: object, **_options: object) -> Process:
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    generator = GeneratorClient(lambda _message: None)
    listener = Listening()
    await generator.drop(listener)
    await generator.ask(listener, Distributions(0, "run", "a", []))
    await generator.drop(listener)
    assert process.stdin.lines[1:] == [encode_cancel(1).encode()]
    await generator.deliver(Ended(1, was_cancelled=True, elapsed_s=0.1))
    process.stdout.feed_eof()
    await generator.close()


async def test_a_dying_process_fails_its_own_questions_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Process] = []

    async def start(*_command: object, **_options: object) -> Process:
        started.append(Process())
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    said: list[Message] = []
    generator = GeneratorClient(said.append)
    first, second = Listening(), Listening()
    await generator.ask(first, Distributions(0, "run", "a", []))
    started[0].returncode = 1
    await generator.ask(second, Distributions(0, "run", "b", []))
    assert len(started) == 2
    started[0].stdout.feed_eof()
    while len(said) < 2:
        await asyncio.sleep(0)
    replies = [message.reply for message in said if isinstance(message, GeneratorSaid)]
    assert len(replies) == len(said) == 2, "nor is the successor said to be dead"
    assert [(type(reply), reply.ask) for reply in replies if isinstance(reply, Failed | Ended)] == [
        (Failed, 1), (Ended, 1),
    ]  # fmt: skip
    await generator.close()
