"""The settings screen: a field per preference; every change is saved at once."""

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
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import PreferencesChanged
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.screen import BaseScreen


class Choice(RadioButton):
    """A radio button that shows its state by a character, for terminals without colours."""

    def __init__(self, label: str, *, is_on: bool) -> None:
        super().__init__(label, is_on, compact=True)
        self._update_button()

    def watch_value(self) -> None:
        """Show the new state."""
        self._update_button()
        super().watch_value()

    def _update_button(self) -> None:
        self.BUTTON_INNER = "●" if self.value else " "


class SettingsScreen(BaseScreen):
    """All preferences; enter or space chooses a value, which is saved and applied."""

    GROUPS: ClassVar = (SCREENS, EVERYWHERE)
    IS_FORM = True
    BINDINGS = bindings(GROUPS)

    def compose_body(self) -> ComposeResult:
        """Yield a row per preference."""
        with VerticalScroll(id="settings", classes="pane", can_focus=False) as pane:
            pane.border_title = "Settings"
            pane.border_subtitle = "tab next · ← → move · enter chooses"
            for preference in known():
                yield from _row(preference, getattr(self.state.preferences, preference.name))
            yield Static(
                Text(f"{_location()}; the variable RNNLAB_<NAME> overrides a setting; "
                     "a theme chosen in the command palette lasts for this session only", "dim"),
                classes="hint",
            )  # fmt: skip
            yield Static(id="settings-problem", markup=False)

    def on_mount(self) -> None:
        """Focus the first preference."""
        self.query(RadioSet).first().focus()

    @on(RadioSet.Changed)
    def choose(self, event: RadioSet.Changed) -> None:
        """Save and apply a choice."""
        self._save(str(event.radio_set.id).removeprefix("set-"), str(event.pressed.label))

    @on(Input.Submitted)
    @on(Input.Blurred)
    def write(self, event: Input.Submitted | Input.Blurred) -> None:
        """Save and apply a number or a text."""
        name = str(event.input.id).removeprefix("set-").replace("-", "_")
        if event.value != _as_text(getattr(self.state.preferences, name)):
            self._save(name, event.value)

    def _save(self, name: str, value: object) -> None:
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
        later = "; takes effect at the next start" if name == "colors" else ""
        self.toast(f"{name} = {value}, saved{later}")


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _location() -> str:
    try:
        return f"saved in {preferences_file()}"
    except BadInputError as error:
        return str(error)


def _row(spec: Field[Any], value: object) -> ComposeResult:
    choices = spec.metadata.get("choices")
    with Horizontal(classes="setting"):
        yield Label(spec.name.removesuffix("_s").replace("_", " "), classes="name")
        with Vertical(classes="choice"):
            if choices is not None:
                with RadioSet(id=f"set-{spec.name}", compact=True):
                    for choice in choices:
                        yield Choice(choice, is_on=choice == value)
            else:
                yield Input(
                    _as_text(value), "none", id=f"set-{spec.name.replace('_', '-')}", compact=True,
                    classes="text" if isinstance(value, str) else "number", select_on_focus=False,
                )  # fmt: skip
            yield Static(Text(spec.metadata["help"], "dim"), classes="help")


SCREEN = Declaration(
    SettingsScreen,
    key="f12",
    go="e",
    title="Settings",
    short="Set",
    help="Set theme, colours, characters, refresh interval, queue slots and alerts",
)
