"""Every message of the app: widgets post them, and the app routes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from textual.message import Message
from textual.notifications import Notification
from textual.widget import Widget

if TYPE_CHECKING:
    from rnnlab.protocol.messages import Question, Reply, RunName, RunPath


class ReplaceableToast(Notification):
    """A toast that the next one of the same severity replaces."""


class RunChosen(Message):
    """The chosen run or the selected runs have changed; the state already has the new ones."""


class Listener(Protocol):
    """Asks the generator questions; a new question cancels the previous one."""

    async def on_reply(self, reply: Reply) -> None:
        """Handle a reply to the newest question."""


@dataclass
class Asked(Message):
    """A question for the generator process; it cancels the listener's previous question."""

    listener: Listener
    run: RunName
    question: Callable[[RunPath], Question]
    """Returns the question, given the path of the run; the client then sets its number."""


@dataclass
class ChartPointed(Message):
    """The mouse points at a position on the x axis of a chart."""

    canvas: Widget
    x: float


@dataclass
class ChartZoomed(Message):
    """The mouse wheel was turned over a chart."""

    canvas: Widget
    factor: float
    """Factor of the width of the x window; below 1, the chart zooms in."""
    x: float | None
    """Position on the x axis that keeps its column; None if the mouse is outside the plot."""


@dataclass
class ChartDragged(Message):
    """A chart was dragged sideways."""

    canvas: Widget
    share: float
    """Distance as a fraction of the chart's width; positive to the right."""


@dataclass
class ScreenAsked(Message):
    """A request to show another screen."""

    name: str
    """Name in the screen registry: the file's name with hyphens."""
    toast: str = ""
    """Text of a toast to show on that screen; empty for none."""
    action: str = ""
    """Name of an action to run there; empty for none."""


@dataclass
class KeysDue(Message):
    """The keys that were held back can go to the visible screen."""

    ticket: int
    """Ticket of the `KeyBuffer.close` call that began to hold the keys back."""


class PreferencesChanged(Message):
    """The preferences in the state have changed; the app applies them."""


@dataclass
class AskCancelled(Message):
    """A request to cancel the listener's question."""

    listener: Listener


@dataclass
class GeneratorSaid(Message):
    """The generator process has replied."""

    reply: Reply


@dataclass
class GeneratorDied(Message):
    """The generator process has ended unexpectedly."""

    reason: str
    """What has happened, and why."""
    is_replaced: bool = False
    """Whether it was ended because it did not answer."""
