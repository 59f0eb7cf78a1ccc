"""The app's client of the generator: which questions fail when a process dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.protocol.codec import encode_cancel
from rnnlab.protocol.messages import Distributions, Ended, Failed
from rnnlab.tui.messages import GeneratorDied, GeneratorSaid
from rnnlab.tui.outside.generator import GeneratorClient
from rnnlab.tui.outside.subprocesses import LineProcess, ProcessExit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.message import Message

    from rnnlab.protocol.messages import Reply


class Listening:
    async def on_reply(self, reply: Reply) -> None:
        raise AssertionError(f"the app alone tells {reply}")


class FakeProcess(LineProcess):
    """Never starts; the test ends it, and later tells the client."""

    made: list[FakeProcess]

    def __init__(
        self,
        command: Sequence[str],
        on_line: Callable[[bytes], object],
        on_exit: Callable[[LineProcess, ProcessExit], object],
        *,
        is_awaited: Callable[[], bool],
    ) -> None:
        super().__init__(command, on_line, on_exit)
        self.is_awaited = is_awaited
        self.has_ended = False
        self.lines: list[str] = []
        self.on_exit = on_exit
        self.made.append(self)

    @property
    def is_usable(self) -> bool:
        return not self.has_ended

    async def start(self) -> None: ...

    async def write(self, lines: str) -> None:
        assert lines.endswith("\n")
        self.lines.append(lines)


def replies_of(messages: Sequence[Message]) -> list[tuple[type[Reply], int]]:
    replies = [message.reply for message in messages if isinstance(message, GeneratorSaid)]
    return [(type(reply), reply.ask) for reply in replies if isinstance(reply, Failed | Ended)]


async def test_a_dropped_question_is_cancelled_and_its_listener_gets_no_reply() -> None:
    FakeProcess.made = []
    generator = GeneratorClient(lambda _message: None, make_process=FakeProcess)
    listener = Listening()
    await generator.drop(listener)
    assert FakeProcess.made == []
    await generator.ask(listener, Distributions(0, "run", "a", []))
    await generator.drop(listener)
    (process,) = FakeProcess.made
    assert process.lines[1:] == [encode_cancel(1)]
    await generator.deliver(Ended(1, was_cancelled=True, elapsed_s=0.1))


async def test_a_dying_process_fails_its_own_questions_alone() -> None:
    FakeProcess.made = []
    messages: list[Message] = []
    generator = GeneratorClient(messages.append, make_process=FakeProcess)
    first, second = Listening(), Listening()
    await generator.ask(first, Distributions(0, "run", "a", []))
    FakeProcess.made[0].has_ended = True
    await generator.ask(second, Distributions(0, "run", "b", []))
    old, new = FakeProcess.made
    old.on_exit(old, ProcessExit(1, ""))
    assert replies_of(messages) == [(Failed, 1), (Ended, 1)]
    assert len(messages) == 2, "nor is the successor said to be dead"
    new.has_ended = True
    new.on_exit(new, ProcessExit(1, "ImportError: torch"))
    assert replies_of(messages[2:]) == [(Failed, 2), (Ended, 2)]
    assert isinstance(messages[-1], GeneratorDied)
    assert messages[-1].reason == "the generator ended: ImportError: torch"
    assert not messages[-1].is_replaced


async def test_a_process_that_hangs_is_said_to_be_replaced() -> None:
    FakeProcess.made = []
    messages: list[Message] = []
    generator = GeneratorClient(messages.append, make_process=FakeProcess)
    await generator.start()
    (process,) = FakeProcess.made
    assert not process.is_awaited()
    await generator.ask(Listening(), Distributions(0, "run", "a", []))
    assert process.is_awaited()
    process.has_ended = True
    process.on_exit(process, ProcessExit(-9, "", is_hung=True))
    assert not process.is_awaited()
    assert replies_of(messages) == [(Failed, 1), (Ended, 1)]
    assert isinstance(messages[-1], GeneratorDied)
    assert messages[-1].reason == "the generator was replaced: it did not answer"
    assert messages[-1].is_replaced
