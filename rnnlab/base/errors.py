"""The exceptions of rnnlab: each message is one line with the problem, its location and a remedy.

The exit codes of the command line are all here.
"""

from __future__ import annotations

from collections.abc import Iterable

from rnnlab.base import interrupts
from rnnlab.base.names import did_you_mean

EXIT_DONE = 0
"""Success."""
EXIT_FAILED = 1
"""Failure while running."""
EXIT_BAD_INPUT = 2
"""Invalid usage or input."""
EXIT_INTERRUPTED = interrupts.EXIT_INTERRUPTED
"""Interrupted by ctrl-c."""
EXIT_TERMINATED = 143
"""Ended by SIGTERM; before that, a run in the foreground is saved and stopped."""


class Terminated(SystemExit):
    """Raised in the main thread when SIGTERM arrives, so that the command cleans up and exits."""

    def __init__(self) -> None:
        super().__init__(EXIT_TERMINATED)


class RnnlabError(Exception):
    """A failure while running; `str(error)` is one line for the user, with problem and remedy."""

    exit_code = EXIT_FAILED

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = one_line(what)
        self.hint = one_line(hint)
        super().__init__(f"{self.what}; {self.hint}" if hint else self.what)


class BadInputError(RnnlabError):
    """Invalid input from the user, such as an option, a setting or a file."""

    exit_code = EXIT_BAD_INPUT


class NoCheckpointError(BadInputError):
    """The run does not have the checkpoint that was asked for; it may have another one."""


class UnknownNameError(BadInputError):
    """An unknown name; the message suggests the most similar known name."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        self.name = name
        known = list(known)
        otherwise = hint or (f"known: {', '.join(known)}" if known else f"there is no {kind} yet")
        super().__init__(f"unknown {kind} {name!r}", did_you_mean(name, known, otherwise))


def one_line(text: str) -> str:
    """Return `text` on one line without control characters, safe on any terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
