"""Texts measured in cells of a terminal: a wide character has two, a combining one none."""

from __future__ import annotations

import re
from itertools import pairwise

from rich.cells import cell_len


def beginning(text: str, width: int) -> str:
    """Return the longest beginning of a text that has at most `width` cells."""
    if text.isascii():
        return text[: max(width, 0)]
    end = size = 0
    for character in text:
        size += cell_len(character)
        if size > width:
            break
        end += 1
    return text[:end]


def ending(text: str, width: int) -> str:
    """Return the longest end of a text that has at most `width` cells."""
    if text.isascii():
        return text[max(len(text) - max(width, 0), 0) :]
    start, size = len(text), 0
    for character in reversed(text):
        size += cell_len(character)
        if size > width:
            break
        start -= 1
    while start < len(text) and not cell_len(text[start]):
        start += 1  # a combining character whose base does not fit
    return text[start:]


def to_left(text: str, width: int) -> str:
    """Return a text in exactly `width` cells: its beginning, then blanks."""
    if text.isascii():
        return text[: max(width, 0)].ljust(width)
    text = beginning(text, width)
    return text + " " * (width - cell_len(text))


def to_right(text: str, width: int) -> str:
    """Return a text in exactly `width` cells: blanks, then its beginning."""
    text = beginning(text, width)
    return " " * (width - cell_len(text)) + text


def truncated(text: str, width: int) -> str:
    """Return a text of at most `width` cells; a longer one ends with `…`."""
    if cell_len(text) <= width:
        return text
    return f"{beginning(text, width - 1)}…" if width > 0 else ""


def shortened(text: str, width: int, ellipsis: str = "…") -> str:
    """Return a text of at most `width` cells; the ellipsis replaces the middle of a longer one.

    The middle, because names of runs differ at the end.
    """
    if cell_len(text) <= width:
        return text
    left = max(width - cell_len(ellipsis), 0)
    both = f"{beginning(text, (left + 1) // 2)}{ellipsis}{ending(text, left // 2)}"
    return beginning(both, width)


def breaks(line: str, width: int, indent: int = 0) -> list[int]:
    """Return the places at which a line is broken, between words if they fit.

    width: cells of a line; indent: cells before each line but the first. The places are numbers of
    characters. A line after a break may begin with blanks, which are not counted.
    """
    places: list[int] = []
    used = 0
    for match in re.finditer(r" +|[^ ]+", line):
        word, place = match[0], match.start()
        size = cell_len(word)
        if used + size > width and size <= width - indent:
            places.append(place)
            used = indent
        if word.isspace() and places and used == indent:
            continue
        while used + size > width:  # longer than a line
            piece = beginning(word, width - used)
            if not piece and used <= indent:
                piece = word[0]  # wider than the line: it must go somewhere
            word, place = word[len(piece) :], place + len(piece)
            size = cell_len(word)
            if not word:
                break
            places.append(place)
            used = indent
        used += size
    return places


def wrapped(text: str, width: int) -> list[str]:
    """Return a sentence in lines of at most `width` cells, broken between words if they fit."""
    line = " ".join(text.split())
    places = [0, *breaks(line, max(width, 1)), len(line)]
    return [line[start:end].strip() for start, end in pairwise(places)]
