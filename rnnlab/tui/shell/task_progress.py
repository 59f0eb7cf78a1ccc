"""A line for what takes long: done in a thread, how far it is, how it has ended; one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.message import Message
from textual.widgets import Static

from rnnlab.base.display import count, visible
from rnnlab.base.errors import RnnlabError, one_line

if TYPE_CHECKING:
    from rnnlab.corpora import Progress

_SHOWN_EVERY_S = 0.25


class _GivenUpError(Exception):
    """The user has seen enough of something that takes long."""


class Errand:
    """Something that takes long, done in a thread: how far it is, and whether it is given up."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.done, self.total = 0, 0
        self.is_given_up = False

    def progress(self, done: int, total: int) -> None:
        """Note how far it is; stops the thread at its next step once it is given up."""
        if self.is_given_up:
            raise _GivenUpError
        self.done, self.total = done, total

    def __str__(self) -> str:
        """Say how far it is."""
        far = f" {count(self.done)} of {count(self.total)}" if self.total else ""
        return f"{self.what}…{far} (esc gives up)"


class ErrandLine(Static):
    """Runs an errand and says what becomes of it."""

    @dataclass
    class Done(Message):
        """An errand has come to a good end."""

        name: str
        """What it has brought."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._errand: Errand | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an errand is being run."""
        return self._errand is not None

    def on_mount(self) -> None:
        """Show how far it is now and then."""
        self.set_interval(_SHOWN_EVERY_S, self._show)

    def on_unmount(self) -> None:
        """Give up what takes long when the lab closes: its thread would hold the shell."""
        self.give_up()

    def begin(self, what: str, name: str, do: Callable[[Progress], str]) -> str:
        """Begin an errand that brings `name`; return why not, where another one is being run."""
        if self._errand is not None:
            return f"still {self._errand.what}; esc gives that up"
        self._errand = Errand(what)
        self._show()
        self.run_worker(self._run(self._errand, name, do), name="errand", group="errand")
        return ""

    def give_up(self) -> None:
        """Let the thread stop at its next step."""
        if self._errand is not None:
            self._errand.is_given_up = True

    async def _run(self, errand: Errand, name: str, do: Callable[[Progress], str]) -> None:
        try:
            said = await asyncio.to_thread(do, errand.progress)
        except RnnlabError as error:
            self._end(str(error), "bold red")
        except OSError as error:
            self._end(one_line(f"{errand.what}: {error}"), "bold red")
        except _GivenUpError:
            self._end(f"{errand.what}: given up", "dim")
        else:
            self._end(said, "green")
            self.post_message(self.Done(name))

    def _show(self) -> None:
        if self._errand is not None:
            self.update(Text(visible(str(self._errand), newline=" "), "bold"))

    def _end(self, said: str, style: str) -> None:
        self._errand = None
        self.update(Text(visible(said, newline=" "), style))
