"""Continuations side by side: one column an answer, growing as it is found.

The letter where a candidate leaves the best one of its decoder is shown in reverse.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.color import Color
from textual.containers import HorizontalScroll, VerticalScroll
from textual.widgets import Static

from rnnlab.display import visible
from rnnlab.runs.prompts import EOS, Answer
from rnnlab.tui.widgets._candidate_head import broken, figures, story
from rnnlab.tui.widgets.letters import END_MARK, Shades, letters_of, marked, plain, shaded

if TYPE_CHECKING:
    from textual.widget import Widget

    from rnnlab.decoding import Spec

Look = Literal["text", "shade", "marks", "letters"]
"""How a continuation is shown: surprising letters underlined, each letter's probability as shade or
as a mark below it, or a line for each letter."""

_BAR = 12
_FIGURES = 18
"""Columns of a letter and its two figures."""
_MIN_WIDTH = 19
_AROUND = 4
"""Columns of a candidate that are no text: line, padding, scroll bar."""
_ROOMY = 28
"""Columns from which rank and figures stand on one line."""
_FRAME_S = 0.08
_MAX_COLUMNS = 20
"""Candidates of one decoder shown at most, the best ones."""


class Candidate(VerticalScroll, can_focus=True):
    """One answer."""

    BINDINGS = [
        Binding("left", "neighbour(-1)", "Before", show=False),
        Binding("right", "neighbour(1)", "Next", show=False),
    ]

    def __init__(self, title: str, rank: int, *, has_story: bool = False) -> None:
        """Make an empty column.

        has_story: also say where it leaves the best one, its score and why it ends.
        """
        super().__init__(classes="best" if rank == 1 else "")
        self.answer: Answer | None = None
        self._theme = ""
        self.source: tuple[str, int] | None = None
        """Run and step of the weights that wrote it, where that is not what was asked last."""
        self._look: Look = "text"
        self._has_story = has_story
        self._title = visible(title, newline="⏎")
        self._head = Static(Text(self._title, "bold"), classes="head")
        self._body = Static()

    def compose(self) -> ComposeResult:
        """Hold the figures, which stay, and the text, which scrolls."""
        yield self._head
        yield self._body

    def action_neighbour(self, by: int) -> None:
        """Go to the candidate beside this one; none is beyond the last."""
        candidates = list(self.screen.query_one(CandidateBoard).query(Candidate))
        place = candidates.index(self) + by
        if 0 <= place < len(candidates):
            self.screen.set_focus(candidates[place])

    def notify_style_update(self) -> None:
        """Shade the letters anew when the theme is another one."""
        super().notify_style_update()
        if self.answer is not None and self._look == "shade" and self._theme != self.app.theme:
            self.show(self.answer, self._look)

    def on_resize(self, event: events.Resize) -> None:
        """Break lines anew: those of the head, and those with marks below them."""
        if self.answer is not None:
            self.show(self.answer, self._look)
        else:
            self._head.update(Text(self._named(), "bold"))

    def refuse(self, reason: str) -> None:
        """Say why no answer comes, or why no more of it."""
        text = Text() if self.answer is None else self._shown(self.answer).append("\n")
        self._body.update(text.append(visible(reason), "red"))

    def show(self, answer: Answer, look: Look) -> None:
        """Show an answer."""
        is_first = self.answer is None  # the figures are a line more
        self.answer, self._look, self._theme = answer, look, self.app.theme
        between = "  " if self._has_story and self.region.width >= _ROOMY else "\n"
        head = Text.assemble(
            (self._named(), "bold"), (f"{between}{figures(answer, self._room)}", "dim")
        )
        if self._has_story:
            head.append(f"\n{story(answer)}", "dim")
        if answer.note:
            head.append(f"\n{visible(answer.note)}", "italic")
        self._head.update(head, layout=is_first or bool(answer.note) or self._has_story)
        self._body.update(self._shown(answer))
        if not self.has_focus:
            self.scroll_end(animate=False)

    def _named(self) -> str:
        """Return the title, broken where an option of the decoder begins."""
        return broken(self._title, self._room)

    @property
    def _room(self) -> int:
        """Columns for text; below 1 before it is laid out."""
        return self.region.width - _AROUND

    def _shown(self, answer: Answer) -> Text:
        return self._lines(answer) if self._look == "letters" else self._text(answer, self._look)

    def _text(self, answer: Answer, look: Look) -> Text:
        prompt = answer.text[: len(answer.text) - len(answer.continuation)]
        letters = letters_of(prompt, answer.tokens, answer.token_logprobs, answer.parts_at)
        if look == "marks":
            # As if there were a scroll bar: it comes only once the text is there.
            return marked(letters, max(1, self.region.width - _AROUND))
        return shaded(letters, shades_of(self)) if look == "shade" else plain(letters)

    def _lines(self, answer: Answer) -> Text:
        """Return a line for each token: log-prob, sum so far, probability as a bar."""
        bar = max(1, min(_BAR, self.content_size.width - _FIGURES))
        text = Text(no_wrap=True)
        total = 0.0
        for token, logprob in zip(answer.tokens, answer.token_logprobs, strict=True):
            total += logprob
            shown = END_MARK if token == EOS else visible(token, newline="⏎")
            text.append(f"{shown:<2}")
            text.append(f"{logprob:>6.2f}{total:>7.1f} ", "dim")
            text.append("▇" * round(math.exp(logprob) * bar) + "\n", "green")
        return text


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
                column.show(answer, self._look)

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


def shades_of(widget: Widget) -> Shades:
    """Return the shades in the colours around a widget."""
    _, background = widget.background_colors
    warning = Color.parse(widget.app.theme_variables.get("warning", "orange"))
    foreground = background.get_contrast_text(0.95)
    return Shades.of(background, foreground, warning)


def _num_answers(spec: Spec) -> int:
    """Return how many answers of a decoder are shown."""
    return min(_MAX_COLUMNS, spec.options.num_answers())
