"""A screen without an app: actions act on its state, and it notes what they tell the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import isawaitable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from rnnlab.runs.summary import summarise
from rnnlab.tui.state.lab_state import LabState
from tests.toys.app_lab import WORLD

if TYPE_CHECKING:
    from textual.message import Message

    from rnnlab.runs.store import RunStore
    from rnnlab.runs.summary import RunSummary
    from rnnlab.tui.outside import Outside
    from rnnlab.tui.shell.actions import Group
    from rnnlab.tui.shell.screen import BaseScreen


@dataclass
class Desk:
    """Stands for a screen of the lab with the runs of a folder; dialogs answer themselves.

    answers: what the dialogs return, in order; a function is called with its dialog first.
    """

    store: RunStore
    answers: list[Any] = field(default_factory=list)
    outside: Outside = WORLD
    toasts: list[tuple[str, str]] = field(default_factory=list)
    """Text and severity of each."""
    messages: list[Message] = field(default_factory=list)
    dialogs: list[Any] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    """Names of the screens that were opened."""
    is_closed: bool = False
    """Whether the app was closed."""

    def __post_init__(self) -> None:
        self.state = LabState(self.store, outside=self.outside)
        self.state.summaries = {run.name: summarise(run) for run in self.store}
        self.app = SimpleNamespace(push_screen_wait=self._ask, exit=self._exit)

    @property
    def screen(self) -> BaseScreen:
        """This desk, as the type that actions take."""
        return cast("BaseScreen", self)

    async def do(self, group: Group[Any], name: str) -> None:
        """Do an action of a group with this screen."""
        [action] = [action for action in group.actions if action.name == name]
        done = action.do(self)
        if isawaitable(done):
            await done

    @property
    def told(self) -> list[str]:
        """The texts of the toasts."""
        return [text for text, _ in self.toasts]

    def toast(self, text: str, severity: str = "information") -> None:
        """Note what the user is told."""
        self.toasts.append((text, severity))

    def post_message(self, message: Message) -> None:
        """Note a message."""
        self.messages.append(message)

    def open_screen(self, name: str, *, toast: str = "") -> None:
        """Note the name of a screen."""
        self.opened.append(name)
        if toast:
            self.toast(toast)

    def targets(self) -> list[RunSummary]:
        """Return the runs that actions apply to."""
        return list(self.state.summaries.values())

    def _exit(self) -> None:
        self.is_closed = True

    async def _ask(self, dialog: Any) -> Any:
        self.dialogs.append(dialog)
        answer = self.answers.pop(0)
        return cast("Callable[[Any], Any]", answer)(dialog) if callable(answer) else answer
