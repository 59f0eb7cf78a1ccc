"""The prompt session: replies to a replaced request are ignored."""

from __future__ import annotations

from rnnlab.protocol.messages import Ended, Failed, Reply, Started
from rnnlab.tui.state.prompt_session import Fields, PromptRequest, PromptSession


class Board:
    """Records the replies that it is to show."""

    def __init__(self) -> None:
        self.shown: list[Reply] = []

    async def on_reply(self, reply: Reply) -> None:
        self.shown.append(reply)


async def test_late_replies_to_the_previous_request_are_ignored() -> None:
    session, board = PromptSession(), Board()
    session.attach(board)
    session.submit(PromptRequest("alpha", "Once", ()))
    previous = session.listener
    session.submit(PromptRequest("alpha", "Twice", ()))
    await previous.on_reply(Failed(1, "the model is gone"))
    await previous.on_reply(Ended(1, was_cancelled=True, elapsed_s=0.5))
    assert (session.is_over, session.is_cancelled, session.problem) == (False, False, "")
    assert not board.shown
    started, ended = Started(2, 40), Ended(2, was_cancelled=False, elapsed_s=0.5)
    await session.listener.on_reply(started)
    assert (session.is_over, session.step) == (False, 40)
    await session.listener.on_reply(ended)
    assert session.is_over
    assert board.shown == [started, ended]


def test_a_saved_prompt_is_one_line_and_comes_back_as_it_was() -> None:
    fields = Fields(prompt="one\n\\n two\\")
    saved = fields.kept()
    assert saved["prompt"] == "one\\n\\\\n two\\\\", "the format of views saved before"
    assert Fields.of(saved, {}).prompt == fields.prompt
