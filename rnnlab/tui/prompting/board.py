"""Continuations, growing while the model writes: columns, or rows if columns would be too narrow.

Above rows, the beginning that all texts have in common is shown once. Rows that do not fit are on
further pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import ScrollableContainer

from rnnlab.protocol.messages import Answer
from rnnlab.tui.prompting.beginning import common_beginning, num_prompt
from rnnlab.tui.prompting.candidate import Candidate, Look, Row
from rnnlab.tui.prompting.row_pages import RowPages

if TYPE_CHECKING:
    from textual.widget import Widget

    from rnnlab.decoding import Spec
    from rnnlab.tui.state.prompt_session import PromptSession

READABLE = 28
"""Minimum width of a column; candidates that would get less become rows."""
_ROOMY = 20
"""Minimum height of a board whose rows break the line after a newline of the text."""
_MAX_COLUMNS = 20
"""Maximum number of candidates shown per decoder; the best ones are shown."""


class CandidateBoard(ScrollableContainer, can_focus=False):
    """All candidates of all decoders, in the order of the decoders."""

    def __init__(self, look: Look = "text", *, has_story: bool = False) -> None:
        super().__init__(id="candidates")
        self._pages = RowPages(self)
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
        """Yield the line above the rows, the space below them and the cover of the last lines."""
        yield self._pages.head
        yield self._pages.space
        yield self._pages.cover

    async def _put(self, columns: dict[tuple[int, int], Candidate]) -> None:
        async with self._putting:
            await self.remove_children(Candidate)
            self._answers.clear()
            self._whole.clear()
            self._columns = columns
            self._arrange()
            # Before the board is composed, the space is not there yet: it then follows the rows.
            place = self._pages.space if self._pages.space.is_attached else None
            await self.mount_all(self._columns.values(), before=place)
            for decoder, answers in self._answers.items():
                self._show(decoder, answers)
            self._share_beginning()
        self.scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Choose columns or rows for the new size."""
        self._arrange()
        self._share_beginning()

    @property
    def is_in_rows(self) -> bool:
        """True if columns would be too narrow to be read."""
        # The outer width: it does not depend on a scroll bar.
        num, width = len(self._columns), self.outer_size.width
        return num > 1 and 0 < width < num * READABLE

    def _arrange(self) -> None:
        """Show the candidates as columns that share the width, or as rows."""
        is_in_rows = self.is_in_rows
        self.set_class(is_in_rows, "-rows")
        self._pages.head.display = is_in_rows
        self._pages.rows = list(self._columns.values()) if is_in_rows else ()
        for column in self._columns.values():
            column.styles.width = "100%" if is_in_rows else self.size.width // len(self._columns)
            column.set_row(Row(is_compact=self._is_low) if is_in_rows else None)
        self.call_after_refresh(self._pages.show)

    @property
    def _is_low(self) -> bool:
        return self.outer_size.height < _ROOMY

    def _share_beginning(self) -> None:
        """Show the common beginning of all texts once, above the rows."""
        if not self.is_in_rows:
            return
        answers = self.all_answers()
        start = common_beginning(answers)
        row = Row(start, self._is_low)
        for column in self._columns.values():
            column.set_row(row)
        text, prompt = (answers[0].text, num_prompt(answers[0])) if answers else ("", 0)
        self._pages.head.show_beginning(text, start, self.outer_size.width, prompt)
        self.call_after_refresh(self._pages.show)

    def visible_ones(self) -> range:
        """Return the indices of the candidates that are wholly visible."""
        return self._pages.visible_ones() if self._pages.rows else range(len(self._columns))

    @property
    def has_pages(self) -> bool:
        """True if there are more rows than fit."""
        return self._pages.are_many

    def turn_page(self, by: int) -> None:
        """Show the next page of candidates, or the previous one; the focus goes along."""
        self._pages.turn(by)
        if any(column.has_focus for column in self._columns.values()):
            self.call_after_refresh(self._focus_visible)

    def _focus_visible(self) -> None:
        if (candidate := self._first_visible()) is not None:
            self.screen.set_focus(candidate, scroll_visible=False)

    def _first_visible(self) -> Candidate | None:
        visible_columns = list(self._columns.values())[self.visible_ones().start :]
        return visible_columns[0] if visible_columns else None

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Scroll to a row that gets the focus, so that the list still begins with a row."""
        columns = list(self._columns.values())
        if self.is_in_rows and event.widget in columns:
            self._pages.reveal(columns.index(event.widget))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Update the number of the page."""
        super().watch_scroll_y(old_value, new_value)
        self._pages.show()

    def grow(self, decoder: int, answers: Sequence[Answer], *, is_last: bool) -> None:
        """Show the newest answers of a decoder; the generator process limits their rate."""
        self._answers[decoder] = answers
        if is_last:
            self._whole.add(decoder)
        if not self._putting.locked():  # else `_put` shows it in the new columns
            self._show(decoder, answers)
            self._share_beginning()

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

    def mark_stale(self, origin: str, numbers: Collection[int] | None = None) -> bool:
        """Dim stale answers; return True if `origin` has changed.

        origin: one line that names the request of the answers; empty if they are not stale.
        numbers: indices of the decoders whose answers are stale; None for all.
        """
        has_changed = origin != self.origin
        self.origin = origin
        self.set_class(bool(origin) and numbers is None, "-stale")
        for (number, _), column in self._columns.items():
            column.set_class(bool(origin) and number in (numbers or ()), "-stale")
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
            if session.is_cancelled:
                await self.drop_empty()

    async def drop_empty(self) -> None:
        """Remove the candidates that have no text because their request was cancelled."""
        async with self._putting:
            empty = {place for place, column in self._columns.items() if column.answer is None}
            if not empty:
                return
            await self.remove_children([self._columns[place] for place in empty])
            self._columns = {p: one for p, one in self._columns.items() if p not in empty}
            self._arrange()
            self._share_beginning()

    def fail(self, reason: str, numbers: Collection[int] | None = None) -> None:
        """Show an error in the columns of these decoders; None for all."""
        for (number, _), column in self._columns.items():
            if numbers is None or number in numbers:
                column.refuse(reason)

    def set_source(self, number: int, run: str, step: int, weights: str) -> None:
        """Set the run, the step and the name of the weights that write a column of `begin_best`."""
        if (column := self._columns.get((number, 1))) is not None:  # None: cancelled without a text
            column.source, column.weights = (run, step), weights

    @property
    def look(self) -> Look:
        """The current display of the texts: text, shade, marks or letters."""
        return self._look

    def set_look(self, look: Look) -> None:
        """Change the display of the texts, and show the answers again."""
        self._look = look
        for decoder, answers in self._answers.items():
            self._show(decoder, answers)
        self.call_after_refresh(self._pages.show)

    def focused_candidate(self) -> Candidate | None:
        """Return the focused candidate, or the first visible one; None if there is none."""
        focused = [column for column in self._columns.values() if column.has_focus]
        return focused[0] if focused else self._first_visible()

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
