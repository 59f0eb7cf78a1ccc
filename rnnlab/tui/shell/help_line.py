"""Help in a row that may be too short for it: whole clauses or words, never a part of one."""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

_CLAUSE_ENDS = re.compile(r"(?= \()|(?<=\))(?= )|(?=[;:.,](?: |$))")
"""Places at which a line of help can end: what follows explains it further."""


def shortened(text: str, width: int) -> str:
    """Return the longest beginning of a help line that fits: whole clauses, or else whole words.

    width: columns. A clause needs at least half of the width; words end with `…`.
    """
    if cell_len(text) <= width:
        return text
    clauses = (text[: match.start()] for match in _CLAUSE_ENDS.finditer(text))
    fitting = [
        clause
        for clause in clauses
        if width <= 2 * cell_len(clause) <= 2 * width and clause.count("(") == clause.count(")")
    ]
    if fitting:
        return fitting[-1]
    words = text.split(" ")
    while words and cell_len(" ".join(words)) + 1 > width:
        words.pop()
    return " ".join(words).rstrip(",;:") + "…" if words else ""


class HelpLine(Widget):
    """One line of help; how much of it is shown depends on the width."""

    def __init__(self, text: str, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._text = text

    def render(self) -> RenderResult:
        """Return as much of the help as fits."""
        return Text(shortened(self._text, self.size.width), no_wrap=True)
