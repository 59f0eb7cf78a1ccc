"""Preferences: a field each with its choices and its help; what is changed is kept at once."""

from __future__ import annotations

from dataclasses import Field
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Label, RadioButton, RadioSet, Static

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.preferences import checked, known, preferences_file, save_preference, with_value
from rnnlab.tui.messages import PreferencesChanged
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import Declaration


class Choice(RadioButton):
    """A radio button that tells its state by a letter, too: not every terminal has colours."""

    def __init__(self, label: str, *, is_on: bool) -> None:
        super().__init__(label, is_on, compact=True)
        self._mark()

    def watch_value(self) -> None:
        """Show the new state."""
        self._mark()
        super().watch_value()

    def _mark(self) -> None:
        self.BUTTON_INNER = "●" if self.value else " "


class SettingsScreen(BaseScreen):
    """Every preference; enter or space chooses, and it holds from then on."""

    GROUPS: ClassVar = (SCREENS, EVERYWHERE)
    IS_FORM = True
    BINDINGS = bindings(GROUPS)

    def compose_body(self) -> ComposeResult:
        """Make a row for every preference."""
        with VerticalScroll(id="settings", classes="pane", can_focus=False) as pane:
            pane.border_title = "Settings"
            pane.border_subtitle = "tab next · ← → look · enter takes"
            for one in known():
                yield from _row(one, getattr(self.state.preferences, one.name))
            yield Static(
                Text(f"{_kept_in()}; RNNLAB_<NAME> in the environment goes before "
                     "it, the palette's themes are for this session only", "dim"),
                classes="hint",
            )  # fmt: skip
            yield Static(id="settings-problem", markup=False)

    def on_mount(self) -> None:
        """Begin with the first one."""
        self.query(RadioSet).first().focus()

    @on(RadioSet.Changed)
    def choose(self, event: RadioSet.Changed) -> None:
        """Keep a choice and look like it."""
        self._keep(str(event.radio_set.id).removeprefix("set-"), str(event.pressed.label))

    @on(Input.Submitted)
    @on(Input.Blurred)
    def write(self, event: Input.Submitted | Input.Blurred) -> None:
        """Keep a number."""
        name = str(event.input.id).removeprefix("set-").replace("-", "_")
        if event.value != f"{getattr(self.state.preferences, name):g}":
            self._keep(name, event.value)

    def _keep(self, name: str, value: object) -> None:
        problem = self.query_one("#settings-problem", Static)
        try:
            value = checked(name, value)
            if value == getattr(self.state.preferences, name):
                return
            save_preference(name, value)
        except RnnlabError as error:
            problem.update(Text(str(error), "bold red"))
            return
        problem.update("")
        self.state.prefer(with_value(self.state.preferences, name, value))
        self.post_message(PreferencesChanged())
        later = " from the next start on" if name == "colors" else ""
        self.toast(f"{name} = {value}, kept{later}")


def _kept_in() -> str:
    try:
        return f"kept in {preferences_file()}"
    except BadInputError as error:
        return str(error)


def _row(one: Field[Any], value: object) -> ComposeResult:
    choices = one.metadata.get("choices")
    with Horizontal(classes="setting"):
        yield Label(one.name.removesuffix("_s").replace("_", " "), classes="name")
        with Vertical(classes="choice"):
            if choices is not None:
                with RadioSet(id=f"set-{one.name}", compact=True):
                    for choice in choices:
                        yield Choice(choice, is_on=choice == value)
            else:
                yield Input(f"{value:g}", id=f"set-{one.name.replace('_', '-')}", compact=True)
            yield Static(Text(one.metadata["help"], "dim"), classes="help")


SCREEN = Declaration(
    SettingsScreen,
    key="f12",
    title="Settings",
    help="Theme, colours, characters, refresh and slots of the queue",
)
