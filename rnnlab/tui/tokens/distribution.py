"""The distribution at one place of a text, before and after the filters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from rnnlab.base.display import visible
from rnnlab.protocol.messages import END_MARK, EOS

if TYPE_CHECKING:
    from rnnlab.decoding import TracedRow, TracedToken

_HEAD = 3
"""Number of lines above the list of tokens."""
_FIGURES = 34
"""Width in columns of a line without its bar."""
_FATE = 18


class DistributionPane(Widget, can_focus=True):
    """Show one line per token, the most probable first, with a cursor."""

    BORDER_TITLE = "Distribution"

    def __init__(self) -> None:
        super().__init__(id="distribution")
        self._row: TracedRow | None = None
        self._why_empty = ""
        self._written: str | None = None
        self.cursor = 0
        """Index of the token under the cursor."""

    def show(self, row: TracedRow | None, written: str | None, why_empty: str = "") -> None:
        """Show a distribution; the cursor moves to `written`, the token in the text."""
        self._row, self._written, self._why_empty = row, written, why_empty
        tokens = [token.token for token in row.tokens] if row else []
        self.cursor = tokens.index(written) if written in tokens else 0
        self.refresh()

    def move(self, by: int) -> None:
        """Move the cursor by `by` lines."""
        num = len(self._row.tokens) if self._row else 0
        self.cursor = max(0, min(num - 1, self.cursor + by))
        self.refresh()

    @property
    def under_cursor(self) -> str | None:
        """The token under the cursor; None without a distribution."""
        if self._row is None or not self._row.tokens:
            return None
        return self._row.tokens[self.cursor].token

    def render(self) -> RenderResult:
        """Return the entropies, then the tokens around the cursor."""
        row, (width, height) = self._row, self.content_size
        if row is None:
            return Text(self._why_empty, "dim")
        text = Text(no_wrap=True, overflow="ellipsis")
        is_filtered = (
            row.num_left < len(row.tokens)
            or abs(row.entropy_nats - row.filtered_entropy_nats) > 1e-6
        )
        text.append(f"entropy {row.entropy_nats:.2f} nats, {_choices(row.entropy_nats)}")
        if is_filtered:
            text.append(
                f"\nfiltered {row.filtered_entropy_nats:.2f}, "
                f"{_choices(row.filtered_entropy_nats)}, {row.num_left} tokens left\n"
            )
        else:
            text.append("\nno filter changes the distribution\n", "dim")
        bar = max(3, min(30, width - _FIGURES - (_FATE if is_filtered else 0)))
        text.append(f"   rank {'raw':>7} {'filtered' if is_filtered else '':>8}\n", "dim")
        rows = max(1, height - _HEAD)
        first = max(0, min(self.cursor - rows // 2, len(row.tokens) - rows))
        for place, token in enumerate(row.tokens[first : first + rows], first):
            text.append_text(self._line(place, token, bar, is_filtered)).append("\n")
        return text

    def _line(self, place: int, token: TracedToken, bar: int, is_filtered: bool) -> Text:
        shown = END_MARK if token.token == EOS else visible(token.token, newline="⏎")
        shown = shown.replace(" ", "␣") if not shown.strip() else shown
        raw = math.exp(token.logprob)
        here = "▸" if token.token == self._written else " "
        line = Text(f"{here}{shown[:10]:<3} {place + 1:>3} {raw:>7.2%} ")
        is_dropped = token.filtered_logprob is None
        if is_filtered:
            left = (
                "" if token.filtered_logprob is None else f"{math.exp(token.filtered_logprob):.2%}"
            )
            line.append(f"{left:>8} ")
        if place == self.cursor:  # before the bar: a reversed bar would be invisible
            line.stylize("reverse")
        line.append("▇" * max(0, round(raw * bar)), "green" if not is_dropped else "")
        if is_dropped:
            line.append(f" ✗ {token.fate}", "italic")
            line.stylize("dim")
        return line


def _choices(entropy_nats: float) -> str:
    return f"perplexity {math.exp(entropy_nats):.1f}"
