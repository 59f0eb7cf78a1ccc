"""The pane of the pruned hypotheses of a search, each with the reason; the latest comes first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from rnnlab.base.cells import ending
from rnnlab.base.display import visible
from rnnlab.protocol.messages import END_MARK, EOS
from rnnlab.tui.prompting.token_text import LEGEND
from rnnlab.tui.state.search_trace import OVERTAKEN, Pruned, SearchTrace

_FIGURES = 26
"""Width in columns of a line without its text and its reason."""


class PrunedList(Widget):
    """Show one line per pruned hypothesis, as many as fit."""

    BORDER_TITLE = "Pruned"

    def __init__(self) -> None:
        super().__init__(id="given-up")
        self._search = SearchTrace()
        self._best: list[str] = []
        self.border_subtitle = LEGEND

    def show(self, search: SearchTrace, best: Sequence[str]) -> None:
        """Show the pruned hypotheses of a search; best: the tokens of the best text."""
        self._search, self._best = search, list(best)
        self.refresh()

    def render(self) -> RenderResult:
        """Return the lines, the latest step first.

        Within a step, hypotheses whose extensions were all pruned come first.
        """
        search, (width, height) = self._search, self.content_size
        total = len(search.pruned)
        self.border_title = f"Pruned: {total:,}" if total else "Pruned"
        if not total:
            return Text("none: only decoders with several hypotheses, such as beam, prune", "dim")
        latest = search.pruned[-4 * max(1, height) :]
        latest = sorted(latest, key=lambda g: (-g.step, g.reason != OVERTAKEN))[:height]
        room = max(8, width - _FIGURES - max(len(pruned.reason) for pruned in latest))
        texts = [self._text(pruned.id, room) for pruned in latest]
        widest = max(text.cell_len for text in texts)  # pads the texts: it aligns the reasons
        lines = [
            self._line(pruned, text, widest, width)
            for pruned, text in zip(latest, texts, strict=True)
        ]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)

    def _text(self, node: int, room: int) -> Text:
        """Return the end of a hypothesis; underline the part that differs from the best text."""
        tokens = [hypothesis.token for hypothesis in self._search.path(node)]
        parts_at = self._search.parting(node, self._best)
        own = "".join(END_MARK if token == EOS else token for token in tokens[parts_at:])
        text = ending(visible(own, newline="⏎"), room)
        before = visible("".join(tokens[:parts_at]), newline="⏎")
        lead = ending(before, room - cell_len(text))
        return Text(lead, "dim").append(text, "underline")

    def _line(self, pruned: Pruned, text: Text, widest: int, width: int) -> Text:
        hypothesis = self._search.hypotheses[pruned.id]
        mean = _mean(hypothesis.logprob, self._search.path(pruned.id))
        line = Text(f"✗ {pruned.step:>4} {hypothesis.logprob:>8.2f} ø{mean} ").append_text(text)
        line.append(" " * (widest - text.cell_len)).append(f"  {pruned.reason}", "italic")
        line.stylize("dim")
        line.truncate(width, overflow="ellipsis")
        return line


def _mean(logprob: float, tokens: Sequence[object]) -> str:
    return f"{logprob / max(1, len(tokens)):.2f}"
