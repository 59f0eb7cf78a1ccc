"""What the project raises on purpose: what is wrong, where, and what to do about it, in one line.

The exit codes of the command line are decided here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

from rnnlab.base.names import did_you_mean

EXIT_DONE = 0
"""All went well."""
EXIT_FAILED = 1
"""It failed while running."""
EXIT_BAD_INPUT = 2
"""Bad usage or bad input."""
EXIT_INTERRUPTED = 130
"""The user pressed ctrl-c."""
EXIT_TERMINATED = 143
"""SIGTERM ended it; a run in the foreground was saved and stopped first."""


class Terminated(SystemExit):
    """SIGTERM arrived: a reason to end, and to clean up on the way."""

    def __init__(self) -> None:
        super().__init__(EXIT_TERMINATED)


class RnnlabError(Exception):
    """Something failed while running; `str(error)` is one line fit for a user."""

    exit_code = EXIT_FAILED

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = one_line(what)
        self.hint = one_line(hint)
        super().__init__(f"{self.what}; {self.hint}" if hint else self.what)


class BadInputError(RnnlabError):
    """What the user gave cannot be used."""

    exit_code = EXIT_BAD_INPUT


class UnknownNameError(BadInputError):
    """A name that is in no registry or folder; the nearest valid one is offered."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        self.name = name
        known = list(known)
        otherwise = hint or (f"known: {', '.join(known)}" if known else "none is known")
        super().__init__(f"unknown {kind} {name!r}", did_you_mean(name, known, otherwise))


def one_line(text: str) -> str:
    """Fold `text` to one line without control characters, safe on any terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
