"""The questions about the tree: one of each kind is open, late replies do no harm."""

from __future__ import annotations

from dataclasses import asdict

from textual.message import Message

from rnnlab.decoding import TracedRow, TracedToken, parse_spec
from rnnlab.protocol.messages import (
    Distributions,
    DistributionsFound,
    Ended,
    Expand,
    Expanded,
    Failed,
    Generate,
    Question,
    Reply,
)
from rnnlab.tui.messages import Asked
from rnnlab.tui.tokens.token_session import TokenSession


class Desk:
    """A session whose questions are noted and answered by the test."""

    def __init__(self, *specs: str) -> None:
        self.asked: list[tuple[Asked, Question]] = []
        self.toasts: list[str] = []
        self.session = TokenSession(self._post, lambda: None, self.toasts.append)
        self.session.choose_decoders([parse_spec(spec) for spec in specs or ("greedy",)])

    def _post(self, message: Message) -> None:
        if isinstance(message, Asked):
            self.asked.append((message, message.question("/run")))

    @property
    def latest(self) -> Question:
        """The newest question."""
        return self.asked[-1][1]

    async def answer(self, *replies: Reply, number: int = -1) -> None:
        """Answer a question, by default the newest one."""
        listener = self.asked[number][0].listener
        for reply in (*replies, Ended(1, was_cancelled=False, elapsed_s=0.1)):
            await listener.on_reply(reply)

    async def read(self, text: str, step: int = 40) -> None:
        """Begin with a text and answer the reading."""
        self.session.begin("alpha", text, (), is_behind_prompt=True)
        self.session.read(is_newest=True)
        rows = [row()] * (len(text) + 1)
        await self.answer(DistributionsFound(1, step, list(text), len(text), 0, rows, ["greedy"]))


def row() -> dict[str, object]:
    tokens = [TracedToken("a", -0.5, -0.25, "kept"), TracedToken("b", -1.5, None, "dropped by ban")]
    return asdict(TracedRow(0, 1.0, 0.5, 1, tokens))


async def test_the_neighbours_of_a_text_are_asked_for_once_they_are_near() -> None:
    desk = Desk()
    await desk.read("ab")
    assert isinstance(desk.latest, Expand)
    assert (desk.latest.prompt, desk.latest.checkpoint) == ("ab", "40")
    await desk.answer(Expanded(1, 40, [[], ["a"], ["b"]], [row()] * 3))
    num = len(desk.asked)
    desk.session.expand()
    assert len(desk.asked) == num, "they are known"
    assert desk.session.rows.get(desk.session.tree.current.child("b"))
    desk.session.tree.put("a")
    desk.session.expand()
    desk.session.tree.put("a")
    desk.session.expand()
    assert len(desk.asked) == num + 1, "one question is open"
    await desk.answer(Expanded(1, 40, [[]], [row()]))
    assert isinstance(desk.latest, Expand)
    assert desk.latest.tokens == ["a", "a"], "then the cursor's place is asked for"


async def test_a_failure_is_named_and_not_asked_again_at_the_same_place() -> None:
    desk = Desk()
    await desk.read("ab")
    num = len(desk.asked)
    await desk.answer(Failed(1, "step 40 is gone"))
    desk.session.expand()
    assert (len(desk.asked), desk.session.problem) == (num, "step 40 is gone")
    desk.session.read(is_newest=True)
    assert isinstance(desk.latest, Distributions)
    assert (desk.latest.checkpoint, desk.session.problem) == ("live", "")


async def test_weights_that_are_gone_are_replaced_by_the_newest_ones() -> None:
    desk = Desk()
    await desk.read("ab")
    num = len(desk.asked)
    gone = Failed(1, "'alpha' has no checkpoint 40", is_checkpoint_missing=True)
    await desk.answer(gone)
    assert len(desk.asked) == num + 1
    assert isinstance(desk.latest, Distributions)
    assert (desk.latest.checkpoint, desk.session.problem) == ("live", "")
    assert desk.toasts == ["the weights of step 40 are gone: reading with newer ones"]
    await desk.answer(DistributionsFound(1, 50, ["a", "b"], 2, 0, [row()] * 3, ["greedy"]))
    assert desk.session.step == 50
    assert isinstance(desk.latest, Expand)
    assert desk.latest.checkpoint == "50", "the neighbours are asked for again"
    desk.session.go_on()
    assert isinstance(desk.latest, Generate)
    await desk.answer(gone)
    assert isinstance(desk.latest, Distributions)
    assert not desk.session.is_continuing


async def test_neighbours_of_other_weights_or_of_another_text_are_ignored() -> None:
    desk = Desk()
    await desk.read("ab")
    late = len(desk.asked) - 1
    await desk.read("xyz", step=50)
    await desk.answer(Expanded(1, 40, [[], ["a"]], [row()] * 2), number=late)
    assert desk.session.rows.get(desk.session.tree.current.child("a")) is None
    shown = desk.session.shown_row()
    assert shown is not None
    assert not shown.is_stale


async def test_in_the_prompt_the_filters_are_asked_for_where_the_cursor_is() -> None:
    desk = Desk("greedy", "nucleus:p=0.9")
    assert desk.session.shown == 1, "the first one with filters"
    await desk.read("abc")
    shown = desk.session.shown_row()
    assert shown is not None
    assert shown.is_filtered, "after the prompt"
    await desk.answer(Expanded(1, 40, [[]], [row()]))
    desk.session.tree.move(-1)
    shown = desk.session.shown_row()
    assert shown is not None
    assert not shown.is_filtered
    desk.session.expand()
    assert isinstance(desk.latest, Expand)
    assert (desk.latest.prompt, desk.latest.decoder) == ("ab", "nucleus:p=0.9")
    assert (desk.latest.ahead, desk.latest.num_ahead) == ([], 0), "the text ahead is known"
    await desk.answer(Expanded(1, 40, [[]], [row()]))
    shown = desk.session.shown_row()
    assert shown is not None
    assert shown.is_filtered
    desk.session.tree.go_to(0)
    desk.session.expand()
    assert isinstance(desk.latest, Expand)
    assert desk.latest.ahead == ["a", "b", "c"]


async def test_rows_of_older_weights_are_stale() -> None:
    desk = Desk()
    await desk.read("ab")
    desk.session.read(is_newest=True)
    await desk.answer(DistributionsFound(1, 50, ["a", "b"], 2, 0, [row()] * 2, ["greedy"]))
    shown = desk.session.shown_row()
    assert shown is not None
    assert shown.is_stale
    assert shown.stale_step == 40, "the last row was not answered again"
