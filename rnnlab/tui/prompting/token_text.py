"""Tokens shaded by their surprisal or, without colour, with marks below them.

The text comes from a model, so every token passes through `display.visible`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.color import Color

from rnnlab.base.display import visible
from rnnlab.protocol.messages import END_MARK, EOS

BARS = tuple(map(math.log, (0.6, 0.3, 0.1, 0.03)))
"""Log-probs in nats; below each of them, the next stronger shade begins."""
SURPRISING = math.log(0.05)
MARKS = " .-=#"
"""The mark of each shade."""
LEGEND = "probability < 60, 30, 10, 3%: colour, or . - = #"
_BLENDS = (0.0, 0.16, 0.32, 0.52, 0.78)
"""Fraction of the warning colour in the background of each shade."""


def shade(logprob: float) -> int:
    """Return the shade of a log-prob, from 0 (expected) to 4."""
    return sum(logprob < bar for bar in BARS)


class Shades(NamedTuple):
    """The style of each shade, in the colours of a theme."""

    styles: tuple[Style, ...]

    @classmethod
    def of(cls, background: Color, foreground: Color, warning: Color) -> Shades:
        """Return styles whose background goes from `background` to `warning`; text is readable."""
        styles = []
        for fraction in _BLENDS:
            behind = background.blend(warning, fraction, alpha=1.0)
            ink = foreground
            if contrast_ratio(behind, ink) < contrast_ratio(behind, behind.get_contrast_text(1.0)):
                ink = behind.get_contrast_text(1.0) if contrast_ratio(behind, ink) < 4.5 else ink
            styles.append(
                Style(
                    color=ink.rich_color if fraction else None,
                    bgcolor=behind.rich_color if fraction else None,
                )
            )
        return cls(tuple(styles))


def contrast_ratio(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.1)."""
    a, b = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


def _luminance(color: Color) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(part / 255) for part in color.rgb)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


class Letter(NamedTuple):
    """One token as displayed."""

    text: str
    logprob: float | None
    """Log-prob in nats; None for a token of the prompt."""
    style: str = ""
    is_break: bool = False
    """True if the line ends after the token."""


PROMPT_END = Letter("│", None, "dim")
"""The mark between the prompt and what the model has written, if colours do not tell them apart."""


def letters_of(
    prompt: str, tokens: Sequence[str], logprobs: Sequence[float], parts_at: int | None = None
) -> list[Letter]:
    """Return the prompt and its continuation, with the token at `parts_at` in reverse."""
    # Only the last of consecutive newlines breaks the line.
    after = [*prompt[1:], *tokens, ""]
    letters = [
        Letter(_shown(c), None, "dim", _breaks(c, next_))
        for c, next_ in zip(prompt, after, strict=False)
    ]
    rest = zip(tokens, logprobs, [*tokens, ""][1:], strict=True)
    for place, (token, logprob, next_) in enumerate(rest):
        style = "reverse" if place == parts_at else ""
        letters.append(Letter(_shown(token), logprob, style, _breaks(token, next_)))
    return letters


def _breaks(token: str, after: str) -> bool:
    return token.endswith("\n") and not after.startswith("\n")


def _shown(token: str) -> str:
    return END_MARK if token == EOS else visible(token, newline="⏎")


def plain(letters: Sequence[Letter]) -> Text:
    """Return the text with surprising tokens underlined."""
    text = Text()
    for letter in letters:
        is_strange = letter.logprob is not None and letter.logprob < SURPRISING
        text.append(letter.text, f"{letter.style} underline" if is_strange else letter.style)
        if letter.is_break:
            text.append("\n")
    return text


def shaded(letters: Sequence[Letter], shades: Shades) -> Text:
    """Return the text with each token's background in its shade."""
    text = Text()
    for letter in letters:
        style = Style.parse(letter.style)
        if letter.logprob is not None:
            style = shades.styles[shade(letter.logprob)] + style
        text.append(letter.text, style)
        if letter.is_break:
            text.append("\n")
    return text


def marked(letters: Sequence[Letter], width: int) -> Text:
    """Return lines of text, each with a line of marks below it."""
    text = Text(no_wrap=True)
    line, marks, filled = Text(), "", 0
    for letter in letters:
        size = cell_len(letter.text)
        if filled and filled + size > max(1, width):
            text.append_text(line).append(f"\n{marks.rstrip()}\n", "bold")
            line, marks, filled = Text(), "", 0
        line.append(letter.text, letter.style)
        mark = " " if letter.logprob is None else MARKS[shade(letter.logprob)]
        marks += mark * size
        filled += size
        if letter.is_break:
            text.append_text(line).append(f"\n{marks.rstrip()}\n", "bold")
            line, marks, filled = Text(), "", 0
    return text.append_text(line).append(f"\n{marks.rstrip()}", "bold")
