"""Every message of the app: widgets post them, and the app routes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from textual.message import Message
from textual.notifications import Notification

from rnnlab.protocol.messages import Question, Reply


class ReplaceableToast(Notification):
    """A toast that the next one of the same severity replaces."""


class RunChosen(Message):
    """The chosen run or the selected runs have changed; the state has the new ones."""


class Listener(Protocol):
    """Asks the generator questions; only its newest question is answered."""

    async def on_reply(self, reply: Reply) -> None:
        """Handle a reply to the newest question."""


@dataclass
class Asked(Message):
    """A question for the generator, which numbers it; its `run` may be a name."""

    listener: Listener
    question: Question


@dataclass
class ChartPointed(Message):
    """The mouse points at a position on the x axis of a chart."""

    x: float


@dataclass
class ChartZoomed(Message):
    """The wheel was turned over a chart."""

    factor: float
    """Factor for the width of the x window: below 1 zooms in."""
    x: float | None
    """Position on the x axis that stays fixed."""


@dataclass
class ChartDragged(Message):
    """A chart was dragged sideways."""

    share: float
    """Distance to the right, as a fraction of the chart's width."""


@dataclass
class ScreenAsked(Message):
    """A request to show another screen."""

    name: str
    """Name in the screen registry: the file's name with hyphens."""
    toast: str = ""
    """Text of a toast to show on that screen; empty for none."""


@dataclass
class KeysDue(Message):
    """The keys that were held back can go to the visible screen."""

    ticket: int
    """Ticket of the call that held them back; see `KeyBuffer`."""


class PreferencesChanged(Message):
    """The preferences in the state have changed; the app applies them."""


@dataclass
class AskCancelled(Message):
    """A listener does not need further replies."""

    listener: Listener


@dataclass
class GeneratorSaid(Message):
    """The generator process has replied."""

    reply: Reply


@dataclass
class GeneratorDied(Message):
    """The generator process has ended unexpectedly."""

    reason: str
