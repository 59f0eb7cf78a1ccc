"""Every message of the app; widgets take data and emit these, the app routes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from textual.message import Message
from textual.notifications import Notification

from rnnlab.protocol.messages import Question, Reply, RunName, RunPath


class Told(Notification):
    """Something said in passing, which the next of its severity replaces."""


class RunChosen(Message):
    """The cursor is on another run, or other runs are marked: the desk knows which."""


class Listener(Protocol):
    """Asks the generator and receives the replies to its newest question."""

    async def hear(self, reply: Reply) -> None:
        """Receive a reply to the newest question."""


@dataclass
class Asked(Message):
    """A question for the generator process, which ends the listener's previous one."""

    listener: Listener
    run: RunName
    question: Callable[[RunPath], Question]
    """Completes the question with the path of the run; the client numbers it."""


@dataclass
class ChartPointed(Message):
    """The mouse points at a place along the charts."""

    x: float


@dataclass
class ChartZoomed(Message):
    """The wheel was turned over a chart."""

    factor: float
    """How many times as wide the window is to be."""
    x: float | None
    """About which place."""


@dataclass
class ChartDragged(Message):
    """A chart was pulled sideways."""

    share: float
    """By which share of its width, to the right."""


@dataclass
class ScreenAsked(Message):
    """Another screen is to be shown."""

    name: str
    """Name of its file."""
    saying: str = ""
    """Said there in passing; empty for nothing."""


@dataclass
class KeysDue(Message):
    """Keys that were held back can be given to whatever is shown now."""

    ticket: int
    """That of whoever held them back."""


class PreferencesChanged(Message):
    """The desk has other preferences: the lab is to look like it."""


@dataclass
class AskCancelled(Message):
    """The listener's question is to be ended."""

    listener: Listener


@dataclass
class GeneratorSaid(Message):
    """The generator process has sent a reply."""

    reply: Reply


@dataclass
class GeneratorDied(Message):
    """The generator process has ended unexpectedly."""

    reason: str
