"""What a search gave up: the latest ones, greyed, with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from rnnlab.display import visible
from rnnlab.runs.prompts import EOS
from rnnlab.tui.search_trace import OVERTAKEN, SearchTrace
from rnnlab.tui.widgets.letters import END_MARK, LEGEND

_FIGURES = 26
"""Columns of a line that are no text and no reason."""


class GivenUpList(Widget):
    """A line for each hypothesis, as many as there is room for."""

    BORDER_TITLE = "Given up"

    def __init__(self) -> None:
        super().__init__(id="given-up")
        self._search = SearchTrace()
        self._best: list[str] = []
        self.border_subtitle = LEGEND

    def show(self, search: SearchTrace, best: Sequence[str]) -> None:
        """Show what a search gave up; `best` are the tokens of its best text."""
        self._search, self._best = search, list(best)
        self.refresh()

    def render(self) -> RenderResult:
        """Return the lines, the latest above; of one step those that had lived come first."""
        search, (width, height) = self._search, self.content_size
        total = len(search.given_up)
        self.border_title = f"Given up: {total:,}" if total else "Given up"
        if not total:
            return Text("nothing: only searches with several candidates give some up", "dim")
        latest = search.given_up[-4 * max(1, height) :]
        latest = sorted(latest, key=lambda g: (-g.step, g.reason != OVERTAKEN))[:height]
        lines = [self._line(*given, width) for given in latest]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)

    def _line(self, step: int, node: int, reason: str, width: int) -> Text:
        made = self._search.made[node]
        tokens = [made.token for made in self._search.path(node)]
        parts_at = self._search.parting(node, self._best)
        own = "".join(END_MARK if token == EOS else token for token in tokens[parts_at:])
        before = "".join(tokens[:parts_at])
        room = max(8, width - _FIGURES - len(reason))
        text = visible(own, newline="⏎")[-room:]
        lead = visible(before, newline="⏎")[-(room - len(text)) :] if room > len(text) else ""
        line = Text.assemble(
            (f"✗ {step:>4} {made.logprob:>8.2f} ø{_mean(made.logprob, tokens)} ", "")
        )
        line.append(lead, "dim").append(text or "", "underline")
        line.append(f"  {reason}", "italic")
        line.stylize("dim")
        line.truncate(width, overflow="ellipsis")
        return line


def _mean(logprob: float, tokens: Sequence[str]) -> str:
    return f"{logprob / max(1, len(tokens)):.2f}"
