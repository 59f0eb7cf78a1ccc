"""Continuations side by side, one column per answer, growing while the model writes."""

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
    from rnnlab.tui.state.prompt_session import PromptSession

_MIN_WIDTH = 19
_MAX_COLUMNS = 20
"""Maximum number of candidates shown per decoder; the best ones are shown."""


class CandidateBoard(HorizontalScroll, can_focus=False):
    """All candidates of all decoders, in the order of the decoders."""

    def __init__(self, look: Look = "text", *, has_story: bool = False) -> None:
        super().__init__(id="candidates")
        self._more = Static(id="more-candidates", markup=False)
        self._more.display = False
        self._columns: dict[tuple[int, int], Candidate] = {}
        self._answers: dict[int, Sequence[Answer]] = {}
        self._whole: set[int] = set()
        """Indices of the decoders whose answers are complete."""
        self.origin = ""
        """One line that names the request of stale answers; empty if the answers are not stale."""
        self._putting = asyncio.Lock()
        """Held while columns are replaced: a reply may arrive before the old columns are gone."""
        self._look = look
        self._has_story = has_story

    async def begin(self, specs: Sequence[Spec], only: Collection[int] | None = None) -> None:
        """Make empty columns for the answers of the decoders; without any, one for a classifier.

        only: indices of the decoders to show, None for all.
        """
        columns = {
            (number, rank): Candidate(
                # A board with stories shows one decoder; the status line contains its name.
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
        """Make one empty column per title; column i is for the best answer of decoder i."""
        await self._put({(number, 1): Candidate(t, 1) for number, t in enumerate(titles)})

    def compose(self) -> ComposeResult:
        """Yield the line that counts the candidates out of sight; it is below the columns."""
        yield self._more

    async def _put(self, columns: dict[tuple[int, int], Candidate]) -> None:
        async with self._putting:
            await self.remove_children(Candidate)
            self._answers.clear()
            self._whole.clear()
            self._columns = columns
            self._set_widths()
            await self.mount_all(self._columns.values())
            for decoder, answers in self._answers.items():
                self._show(decoder, answers)
        self.scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Divide the new width among the columns."""
        self._set_widths()

    @property
    def _num_shown(self) -> int:
        """Number of columns that fit side by side at a readable width."""
        return max(1, min(len(self._columns), self.size.width // _MIN_WIDTH))

    def _set_widths(self) -> None:
        """Divide the width among the columns that fit; the others are reached by scrolling."""
        for column in self._columns.values():
            column.styles.width = self.size.width // self._num_shown
        self._more.display = len(self._columns) > self._num_shown
        self.call_after_refresh(self._show_more)

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Update the count of the candidates out of sight."""
        super().watch_scroll_x(old_value, new_value)
        self._show_more()

    def _show_more(self) -> None:
        """Show how many candidates are out of sight on each side, and the keys to scroll there."""
        num_shown = self._num_shown
        before = round(self.scroll_x / max(1, self.size.width // num_shown))
        after = len(self._columns) - num_shown - before
        left, right = f"← {before} more" * (before > 0), f"{after} more →" * (after > 0)
        self._more.update(f"{left}  {right}  (esc, then ← →)".strip())

    def grow(self, decoder: int, answers: Sequence[Answer], *, is_last: bool) -> None:
        """Show the newest answers of a decoder; the generator process limits their rate."""
        self._answers[decoder] = answers
        if is_last:
            self._whole.add(decoder)
        if not self._putting.locked():  # else `_put` shows it in the new columns
            self._show(decoder, answers)

    def _show(self, decoder: int, answers: Sequence[Answer]) -> None:
        for answer in answers:
            column = self._columns.get((decoder, answer.rank))
            if column is not None:
                column.show(answer, self._look, is_whole=decoder in self._whole)

    async def show_answers(
        self, session: PromptSession, only: Collection[int] | None = None
    ) -> None:
        """Replace the columns by the answers of a session so far.

        only: indices of the decoders to show, None for all.
        """
        await self.begin(session.specs, only)
        for number, answers in session.answers.items():
            if only is None or number in only:
                self.grow(number, answers, is_last=number in session.complete)

    def _finish(self) -> None:
        """Show all answers as complete, including those of a cancelled request."""
        for decoder in self._answers.keys() - self._whole:
            self._whole.add(decoder)
            self._show(decoder, self._answers[decoder])

    def mark_stale(self, origin: str) -> bool:
        """Dim stale answers; return True if `origin` has changed.

        origin: one line that names the request of the answers; empty if they are not stale.
        """
        has_changed = origin != self.origin
        if has_changed:
            self.origin = origin
            self.set_class(bool(origin), "-stale")
        return has_changed

    async def _refuse(self, reason: str, *, is_begun: bool) -> None:
        """Show an error in all columns, or in a single new one if no answer has begun."""
        if not is_begun:
            await self._put({(0, 1): Candidate("no answer", 1)})
        self.fail(reason)

    async def show_end(self, session: PromptSession) -> None:
        """Show the error of a request that has failed, or the answers of one that is over."""
        if session.failure is not None:
            await self._refuse(session.failure.message, is_begun=session.step is not None)
        elif session.is_over:
            self._finish()

    def fail(self, reason: str, numbers: Collection[int] | None = None) -> None:
        """Show an error in the columns of these decoders; None for all."""
        for (number, _), column in self._columns.items():
            if numbers is None or number in numbers:
                column.refuse(reason)

    def set_source(self, number: int, run: str, step: int) -> None:
        """Set the run and the step of the weights that write a column of `begin_best`."""
        self._columns[number, 1].source = (run, step)

    @property
    def look(self) -> Look:
        """The current display of the texts: text, shade, marks or letters."""
        return self._look

    def set_look(self, look: Look) -> None:
        """Change the display of the texts, and show the answers again."""
        self._look = look
        for decoder, answers in self._answers.items():
            self._show(decoder, answers)

    def focused_candidate(self) -> Candidate | None:
        """Return the focused column, or the first one; None if there is no column."""
        columns = list(self._columns.values())
        focused = [column for column in columns if column.has_focus] or columns[:1]
        return focused[0] if focused else None

    def reading_place(self) -> Widget:
        """Return the widget to focus for reading: a candidate, or the board if there is none."""
        return self.focused_candidate() or self

    def focused_answer(self) -> Answer | None:
        """Return the answer of the focused or first column; None if there is no answer."""
        column = self.focused_candidate()
        return column.answer if column else None

    def all_answers(self) -> list[Answer]:
        """Return the answers of all columns."""
        return [c.answer for c in self._columns.values() if c.answer is not None]


def _num_answers(spec: Spec) -> int:
    """Return the number of columns of a decoder."""
    return min(_MAX_COLUMNS, spec.options.num_answers())
