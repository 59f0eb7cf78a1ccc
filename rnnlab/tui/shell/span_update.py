"""What is sent to the terminal when parts of the screen have changed: these cells and no others.

Textual sends a changed part from the left edge of its widget, and every piece of text with its
colours. A list as wide as the screen, in which two figures change at every poll, would need six
times as many bytes.
"""

from __future__ import annotations

import re

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate

_RESET = "\x1b[0m"
_COLORS = re.compile(r"\x1b\[[\d;]*m")


class SpanUpdate(ChopsUpdate):
    """An update that is cropped to the spans that have changed."""

    @classmethod
    def of(cls, update: ChopsUpdate) -> SpanUpdate:
        """Return the same update, cropped."""
        return cls(update.chops, update.spans, update.chop_ends)

    def render_segments(self, console: Console) -> str:
        """Return the text and the control sequences that draw the spans."""
        sequences: list[str] = []
        for y, left, right in self.spans:
            at = -1
            pieces: list[str] = []
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                first, last = max(x, left), min(end, right)
                if strip is None or first >= last:
                    continue
                if first != at:
                    pieces.append(Control.move_to(first, y).segment.text)
                pieces.append(strip.crop(first - x, last - x).render(console))
                at = last
            sequences.append(without_repeats("".join(pieces)))
        return "".join(sequences)


def without_repeats(text: str) -> str:
    """Return terminal text that sets the colours only where they change."""
    first, *rest = text.split(_RESET)
    parts, colors = [first], _colors_at_end(first)
    for part in rest:
        match = _COLORS.match(part)
        if match is not None and match[0] == colors:
            parts.append(part[match.end() :])
        else:
            parts += (_RESET, part)
            colors = _colors_at_end(part)
    return "".join(parts)


def _colors_at_end(text: str) -> str:
    """Return the colours of a text without resets, if it sets them once; otherwise nothing."""
    codes = _COLORS.findall(text)
    return codes[0] if len(codes) == 1 else ""
