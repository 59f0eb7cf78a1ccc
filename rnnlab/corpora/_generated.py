"""What the file of a built-in corpus declares: a generator of text, its floor, its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnnlab.corpora._floor import Floor

MOST_CHARS = 200_000_000
"""Maximum length of a generated text, which is made in memory."""
Options = Mapping[str, int]
"""The names of a corpus's options, with their values."""


class Option(NamedTuple):
    """An integer option of a built-in corpus, from `low` to `high` inclusive."""

    default: int
    low: int
    high: int
    help: str


def _no_settings(_: Options) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class MadeCorpus:
    """A built-in corpus; its module ends with `CORPUS = MadeCorpus(...)`."""

    task: str
    """The suggested task."""
    make: Callable[[Options], str]
    """Function that returns the whole text; the same options give the same text."""
    floor: Callable[[Options, str], Floor | None]
    """Function that returns the floor for a task, with characters as tokens; None if unknown."""
    options: Mapping[str, Option]
    ending: str = ".txt"
    """Ending of the file's name, with its dot."""
    is_shipped: bool = True
    """Whether the text with the default options is shipped in `data/`."""
    settings: Callable[[Options], dict[str, Any]] = field(default=_no_settings)
    """Function that returns the settings of a run whose defaults this corpus changes."""
    num_chars: Callable[[Options], int] | None = None
    """Function that returns the approximate length of the text in characters, if several options
    multiply it; None: each option by itself limits it."""
