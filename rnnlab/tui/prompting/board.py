"""Continuations side by side: one column an answer, growing as it is found."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import HorizontalScroll
from textual.widgets import Static

from rnnlab.protocol.messages import Answer
from rnnlab.tui.prompting.candidate import Candidate, Look

if TYPE_CHECKING:
    from textual.widget import Widget

    from rnnlab.decoding import Spec

_MIN_WIDTH = 19
_FRAME_S = 0.08
_MAX_COLUMNS = 20
"""Candidates of one decoder shown at most, the best ones."""


class CandidateBoard(HorizontalScroll, can_focus=False):
    """All candidates of all decoders, in the order in which the decoders were given."""

    def __init__(self, look: Look = "text", *, has_story: bool = False) -> None:
        super().__init__(id="candidates")
        self._more = Static(id="more-candidates", markup=False)
        self._more.display = False
        self._columns: dict[tuple[int, int], Candidate] = {}
        self._answers: dict[int, Sequence[Answer]] = {}
        self._grown: set[int] = set()
        """Decoders that have answers not drawn yet."""
        self._whole: set[int] = set()
        """Decoders of whose answers no more comes."""
        self.origin = ""
        """What is said of answers that are not those the fields ask for; empty where they are."""
        self._putting = asyncio.Lock()
        """Held while columns change: a reply may come while those of before are still removed."""
        self._look = look
        self._has_story = has_story

    async def begin(self, specs: Sequence[Spec], only: Collection[int] | None = None) -> None:
        """Make empty columns for what these decoders will give; without one, for a verdict.

        only: numbers of the decoders that are shown, None for all.
        """
        columns = {
            (number, rank): Candidate(
                # A board with stories shows one decoder, named above it.
                f"#{rank}" if self._has_story else f"{spec.text} #{rank}",
                rank,
                has_story=self._has_story,
            )
            for number, spec in enumerate(specs)
            if only is None or number in only
            for rank in range(1, _num_answers(spec) + 1)
        }
        await self._put(columns or {(0, 1): Candidate("classes #1", 1)})

    async def begin_best(self, titles: Sequence[str]) -> None:
        """Make an empty column for the best answer of each title's decoder, by its number."""
        await self._put({(number, 1): Candidate(t, 1) for number, t in enumerate(titles)})

    def compose(self) -> ComposeResult:
        """Hold a line that says what is out of sight, below the candidates."""
        yield self._more

    async def _put(self, columns: dict[tuple[int, int], Candidate]) -> None:
        async with self._putting:
            await self.remove_children(Candidate)
            self._answers.clear()
            self._grown.clear()
            self._whole.clear()
            self._columns = columns
            self._share_width()
            await self.mount_all(self._columns.values())
        self.scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Share the new width among the columns."""
        self._share_width()

    @property
    def _num_shown(self) -> int:
        """How many whole columns stand side by side, as many as can be read."""
        return max(1, min(len(self._columns), self.size.width // _MIN_WIDTH))

    def _share_width(self) -> None:
        """Share the width among the columns that are shown; the others are scrolled to."""
        for column in self._columns.values():
            column.styles.width = self.size.width // self._num_shown
        self._more.display = len(self._columns) > self._num_shown
        self.call_after_refresh(self._say_more)

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Say how many are out of sight now."""
        super().watch_scroll_x(old_value, new_value)
        self._say_more()

    def _say_more(self) -> None:
        """Say how many candidates are out of sight on either side, and which keys show them."""
        num_shown = self._num_shown
        before = round(self.scroll_x / max(1, self.size.width // num_shown))
        after = len(self._columns) - num_shown - before
        left, right = f"← {before} more" * (before > 0), f"{after} more →" * (after > 0)
        self._more.update(f"{left}  {right}  (esc, then ← →)".strip())

    def grow(self, decoder: int, answers: Sequence[Answer], *, is_last: bool) -> None:
        """Show how far a decoder has come; of frames that come faster than drawn, the newest."""
        self._answers[decoder] = answers
        self._grown.add(decoder)
        if is_last:
            self._whole.add(decoder)
            self._draw()
        elif len(self._grown) == 1:
            self.set_timer(_FRAME_S, self._draw)

    def _draw(self) -> None:
        for decoder in self._grown:
            self._show(decoder, self._answers[decoder])
        self._grown.clear()

    def _show(self, decoder: int, answers: Sequence[Answer]) -> None:
        for answer in answers:
            column = self._columns.get((decoder, answer.rank))
            if column is not None:
                column.show(answer, self._look, is_whole=decoder in self._whole)

    def finish(self) -> None:
        """Show all answers as whole, whether they came to their end or were cancelled."""
        cut = self._answers.keys() - self._whole
        self._whole |= cut
        self._grown |= cut
        self._draw()

    def mark_old(self, origin: str) -> bool:
        """Look pale where the answers have another origin than what is asked for now.

        origin: what is said of them, empty where they are the answers; tells whether it is news.
        """
        is_news = origin != self.origin
        if is_news:
            self.origin = origin
            self.set_class(bool(origin), "-old")
        return is_news

    async def refuse(self, reason: str, *, is_begun: bool) -> None:
        """Say why nothing comes: in the columns there are, or in one where nothing has begun."""
        if not is_begun:
            await self._put({(0, 1): Candidate("no answer", 1)})
        self.fail(reason)

    def fail(self, reason: str, numbers: Collection[int] | None = None) -> None:
        """Say why nothing more comes, in the columns of these decoders; None for all."""
        for (number, _), column in self._columns.items():
            if numbers is None or number in numbers:
                column.refuse(reason)

    def set_source(self, number: int, run: str, step: int) -> None:
        """Say which weights write a column of `begin_best`."""
        self._columns[number, 1].source = (run, step)

    @property
    def look(self) -> Look:
        """How the texts are shown."""
        return self._look

    def look_so(self, look: Look) -> None:
        """Show the texts in another way."""
        self._look = look
        for decoder, answers in self._answers.items():
            self._show(decoder, answers)

    def focused_candidate(self) -> Candidate | None:
        """Return the focused column, or the first one."""
        columns = list(self._columns.values())
        focused = [column for column in columns if column.has_focus] or columns[:1]
        return focused[0] if focused else None

    def reading_place(self) -> Widget:
        """Return what has the focus to read: the first candidate, or the board without one."""
        return self.focused_candidate() or self

    def focused_answer(self) -> Answer | None:
        """Return the focused column's answer, or the first one's."""
        column = self.focused_candidate()
        return column.answer if column else None

    def all_answers(self) -> list[Answer]:
        """Return the answers of all columns."""
        return [c.answer for c in self._columns.values() if c.answer is not None]


def _num_answers(spec: Spec) -> int:
    """Return how many answers of a decoder are shown."""
    return min(_MAX_COLUMNS, spec.options.num_answers())
