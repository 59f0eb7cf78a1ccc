"""The app's access to processes, the machine and corpora on disk, and its time intervals.

One object, `Outside`, holds all of these, so that a test or another front end can replace any of
them. Its functions import slow modules when they are called, which is after the first frame.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rnnlab.runs.launch import Launch, launch

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message

    from rnnlab.corpora import CorpusDescription
    from rnnlab.protocol.messages import Question, Reply
    from rnnlab.runs.store import RunStore
    from rnnlab.tui.messages import Listener
    from rnnlab.tui.outside.estimator import Estimate
    from rnnlab.tui.outside.machine import MachineRead
    from rnnlab.tui.outside.polling import RunPoller


class Answering(Protocol):
    """The client of the generator process; see `rnnlab.tui.outside.generator`."""

    async def start(self) -> object:
        """Start the process, unless it is running."""

    async def ask(self, listener: Listener, question: Question) -> None:
        """Send a question, which replaces the listener's previous one."""

    async def cancel(self, listener: Listener) -> None:
        """Cancel a listener's question."""

    async def drop(self, listener: Listener) -> None:
        """Cancel a listener's question and hand it no more replies."""

    async def close(self) -> None:
        """End the process."""

    async def deliver(self, reply: Reply) -> None:
        """Hand a reply to the listener of its question."""


class Estimating(Protocol):
    """The client of the estimating process; see `rnnlab.tui.outside.estimator`."""

    async def ask(self, values: dict[str, str]) -> Estimate | None:
        """Return the cost of a run with these settings; None if a newer call replaced this one."""

    async def close(self) -> None:
        """End the process."""


class MachineReader(Protocol):
    """Reads the load of the machine; see `rnnlab.tui.outside.machine`."""

    def read(self, processes: Iterable[tuple[str, int]]) -> MachineRead:
        """Read the load of the machine and of the processes, given as (name, process id)."""


def _generator(post: Callable[[Message], object]) -> Answering:
    from rnnlab.tui.outside.generator import GeneratorClient

    return GeneratorClient(post)


def _feed(store: RunStore) -> RunPoller:
    from rnnlab.tui.outside.polling import RunPoller

    return RunPoller(store)


def _estimator(data: Path | None) -> Estimating:
    from rnnlab.tui.outside.estimator import Estimator

    return Estimator(data)


def _machine(folder: Path) -> MachineReader:
    from rnnlab.tui.outside.machine import Machine

    return Machine(folder)


def _corpora(data: Path | None) -> list[CorpusDescription]:
    from rnnlab.corpora import describe_corpora

    return describe_corpora(data)


async def _profile(name: str, data: Path | None, columns: int) -> tuple[str, bool]:
    from rnnlab.tui.outside.corpus_profile import look_into_corpus

    return await look_into_corpus(name, data, columns)


def _write_to_terminal(app: App[Any], text: str) -> None:
    driver = app._driver
    if driver is not None:
        driver.write(text)
        driver.flush()


def _edit(app: App[Any], text: str) -> str:
    from rnnlab.tui.outside.editor import edit_in_terminal

    return edit_in_terminal(app, text)


@dataclass(frozen=True)
class Outside:
    """Functions that create or reach what is outside the app, and intervals."""

    make_generator: Callable[[Callable[[Message], object]], Answering] = _generator
    """Returns the client of the generator, given the function that posts its replies."""
    make_poller: Callable[[RunStore], RunPoller] = _feed
    make_estimator: Callable[[Path | None], Estimating] = _estimator
    """Returns the client of the estimating process, given the folder of corpora."""
    make_machine: Callable[[Path], MachineReader] = _machine
    """Returns the reader of the machine, given a folder on the disk to read."""
    launch: Launch = launch
    """Starts the worker of a new or resumed run."""
    leave: Callable[[int], object] = os._exit
    """Ends the process at once with an exit code, when the terminal is gone."""
    write_to_terminal: Callable[[App[Any], str], object] = _write_to_terminal
    """Writes control characters to the terminal of an app, without changing its screen."""
    describe_corpora: Callable[[Path | None], list[CorpusDescription]] = _corpora
    """Returns all corpora, given their folder; called in a thread."""
    look_into_corpus: Callable[[str, Path | None, int], Awaitable[tuple[str, bool]]] = _profile
    """Returns the profile of a corpus and True, or an error and False, given the corpus's name, the
    folder of corpora and the width in columns."""
    edit: Callable[[App[Any], str], str] = _edit
    """Opens the user's editor on a text and returns the edited text; raises BadInputError."""
    first_list_within_s: float = 0.5
    """Longest time in seconds for which the home screen waits for the first list of the runs."""
    estimate_after_s: float = 1.2
    """Seconds without a key press after which the new-run form measures the run's cost."""
    look_after_s: float = 0.15
    """Seconds that the cursor must rest on a corpus before its profile is read."""
    chart_every_s: float = 1.0
    """Minimum seconds between two drawings of the same runs; a change of runs is drawn at once."""
    chart_time_fraction: float = 0.03
    """Largest fraction of one core for drawing a chart: a chart that takes 45 ms to draw is redrawn
    at most every 1.5 s."""
    machine_every_s: float = 1.0
    """Minimum seconds between two reads of the machine's load."""
    toast_s: float = 4.0
    """Seconds for which the result of an action is shown."""
    inspect_every_s: float = 5.0
    """Minimum seconds between two inspections of a run that is training."""


DEFAULT = Outside()
"""The real processes, readers and intervals."""
