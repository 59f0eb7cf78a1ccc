"""The distribution at one place of a text, before and after the filters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from rnnlab.base.cells import wrapped
from rnnlab.base.display import figure, visible
from rnnlab.tui.shell.help_line import shortened
from rnnlab.tui.tokens.lines_view import Line, LinesView, Part
from rnnlab.tui.tokens.tree_lines import shown_token
from rnnlab.tui.tokens.tree_pane import BITS

if TYPE_CHECKING:
    from rnnlab.decoding import TracedRow, TracedToken

NUM_RANKED = 40
"""Number of tokens per distribution that are asked for: their places are their ranks."""
_HEAD = 3
"""Number of lines above the list of tokens."""
_FIGURES = 24
"""Width in columns of a line without its bars and its token."""
_MOST_BAR = 24


class ShownRow(NamedTuple):
    """A distribution to show."""

    row: TracedRow
    is_filtered: bool
    """Whether the filters of the decoder were applied."""
    stale_step: int | None = None
    """Step of its weights if they are not those of the rest of the screen."""

    @property
    def is_stale(self) -> bool:
        """Whether it comes from other weights than the rest of the screen."""
        return self.stale_step is not None


class DistributionPane(LinesView):
    """Show one line per token, the most probable first, with a cursor."""

    BORDER_TITLE = "Distribution"

    def __init__(self) -> None:
        super().__init__(id="distribution")
        self._shown: ShownRow | None = None
        self._why_empty, self._title = "", ""
        self._written: str | None = None
        self.cursor = 0
        """Index of the token under the cursor."""

    def entitle(self, title: str) -> None:
        """Set the title; a new title repaints the whole pane, so an equal one is left."""
        if title != self._title:
            self._title = title
            self.border_title = Text(visible(title, newline="⏎"))

    def show(
        self,
        shown: ShownRow | None,
        written: str | None,
        why_empty: str = "",
        keep: str | None = None,
    ) -> None:
        """Show a distribution.

        written: the token in the text, None at its end; why_empty: text if there is none; keep:
        token on which the cursor stays, None: the cursor moves to the token in the text.
        """
        self._shown, self._written, self._why_empty = shown, written, why_empty
        tokens = [token.token for token in shown.row.tokens] if shown else []
        wanted = keep if keep in tokens else written
        self.cursor = tokens.index(wanted) if wanted in tokens else 0
        self.draw()

    def move(self, by: int) -> None:
        """Move the cursor by `by` lines."""
        num = len(self._shown.row.tokens) if self._shown else 0
        self.cursor = max(0, min(num - 1, self.cursor + by))
        self.draw()

    @property
    def under_cursor(self) -> str | None:
        """The token under the cursor; None without a distribution."""
        if self._shown is None or not self._shown.row.tokens:
            return None
        return self._shown.row.tokens[self.cursor].token

    def lines_to_show(self, width: int, height: int) -> Sequence[Line]:
        """Return the entropies, then the tokens around the cursor."""
        if self._shown is None:
            return [(Part(line, "dim"),) for line in wrapped(self._why_empty, width)][:height]
        row = self._shown.row
        has_change = self._shown.is_filtered and (
            row.num_left < len(row.tokens)
            or abs(row.entropy_nats - row.filtered_entropy_nats) > 1e-6
        )
        rows = max(1, height - _HEAD)
        first = max(0, min(self.cursor - rows // 2, len(row.tokens) - rows))
        listed = row.tokens[first : first + rows]
        widest = min(12, max([3, *(cell_len(_name(token.token)) for token in listed)]))
        bar = (width - _FIGURES - widest) // (2 if has_change else 1)
        bar = max(0, min(_MOST_BAR, bar))
        step = self._shown.stale_step
        at, faint = ("", "") if step is None else (f", step {step:,}", "dim")
        heads = f" {'':<{widest}} rank {'model':>7} {'':<{bar}}{'filtered' if has_change else ''}"
        lines: list[Line] = [
            (Part(f"model     entropy {_entropy(row.entropy_nats)}{at}", faint),),
            (self._filtered_line(row, width, has_change=has_change),),
            (Part(heads, "dim"),),
        ]
        for place, token in enumerate(listed, first):
            lines.append(self._line(place, token, widest, bar, has_change=has_change))
        return lines[:height]

    def _filtered_line(self, row: TracedRow, width: int, *, has_change: bool) -> Part:
        assert self._shown is not None
        text, style = "…", "dim"
        if self._shown.is_filtered and row.num_left == 0:
            text, style = "the filters drop every token here", ""
        elif self._shown.is_filtered and not has_change:
            text = "the same: no filter changes the distribution"
        elif self._shown.is_filtered:
            left = f"{row.num_left} token{'s' * (row.num_left != 1)} left"
            text, style = f"{_entropy(row.filtered_entropy_nats)}, {left}", ""
        return Part(f"filtered  {shortened(text, width - len('filtered  '))}", style)

    def _line(
        self, place: int, token: TracedToken, widest: int, bar: int, *, has_change: bool
    ) -> Line:
        assert self._shown is not None
        raw = math.exp(token.logprob)
        mark = "▸" if token.token == self._written else " "
        rank = str(place + 1) if place < NUM_RANKED else f">{NUM_RANKED}"
        is_dropped = has_change and token.filtered_logprob is None
        faint = "dim" if is_dropped or self._shown.is_stale else ""
        style = f"{faint} reverse".strip() if place == self.cursor else faint
        name = set_cell_size(_name(token.token), widest)
        parts = [
            Part(mark, style),
            Part(name, f"{style} strike" if is_dropped else style),
            Part(f" {rank:>4} {raw:>7.2%} ", style),
            # apart from the reversed text: a reversed bar would be invisible
            Part(_bar(raw, bar), "dim" if faint else "green"),
        ]
        if has_change and token.filtered_logprob is None:
            reason = token.fate.removeprefix("dropped by ")
            parts.append(Part(f"✗ {visible(reason, newline=' ')}", "dim italic"))
        elif has_change and token.filtered_logprob is not None:
            left = math.exp(token.filtered_logprob)
            parts.append(Part(f"{left:>7.2%} ", style))
            parts.append(Part(_bar(left, bar), "dim" if faint else "cyan"))
        return tuple(parts)


def _name(token: str) -> str:
    shown = shown_token(token)
    return shown if shown.strip() else shown.replace(" ", "␣")


def _bar(fraction: float, width: int) -> str:
    return f"{'▇' * round(fraction * max(0, width - 1)):<{width}}"


def _entropy(nats: float) -> str:
    return f"{nats / BITS:.2f} bits, perplexity {figure(math.exp(nats), 1)}"
