"""What a search gave up: the latest ones, greyed, with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from rnnlab.base.display import visible
from rnnlab.protocol.messages import EOS
from rnnlab.tui.prompting.search_trace import OVERTAKEN, GivenUp, SearchTrace
from rnnlab.tui.prompting.token_text import END_MARK, LEGEND

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
        room = max(8, width - _FIGURES - max(len(given.reason) for given in latest))
        texts = [self._text(given.id, room) for given in latest]
        widest = max(text.cell_len for text in texts)  # so that the reasons stand in a column
        lines = [
            self._line(given, text, widest, width)
            for given, text in zip(latest, texts, strict=True)
        ]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)

    def _text(self, node: int, room: int) -> Text:
        """Return the end of a hypothesis, underlined what it does not share with the best one."""
        tokens = [made.token for made in self._search.path(node)]
        parts_at = self._search.parting(node, self._best)
        own = "".join(END_MARK if token == EOS else token for token in tokens[parts_at:])
        text = visible(own, newline="⏎")[-room:]
        before = visible("".join(tokens[:parts_at]), newline="⏎")
        lead = before[-(room - len(text)) :] if room > len(text) else ""
        return Text(lead, "dim").append(text, "underline")

    def _line(self, given: GivenUp, text: Text, widest: int, width: int) -> Text:
        made = self._search.made[given.id]
        mean = _mean(made.logprob, self._search.path(given.id))
        line = Text(f"✗ {given.step:>4} {made.logprob:>8.2f} ø{mean} ").append_text(text)
        line.append(" " * (widest - text.cell_len)).append(f"  {given.reason}", "italic")
        line.stylize("dim")
        line.truncate(width, overflow="ellipsis")
        return line


def _mean(logprob: float, tokens: Sequence[object]) -> str:
    return f"{logprob / max(1, len(tokens)):.2f}"
