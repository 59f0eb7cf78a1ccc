"""Actions: tables of what a user can do, each with its key, label and help line.

A screen lists its groups of actions. The key bindings, the footer, the help and the command palette
are derived from them, and an action runs by calling the function in the table.

A key has the same meaning, and the same label, on every screen. There are two exceptions: the keys
of `PANE_KEYS` act on the focused pane in its own way, and a digit shows or hides a pane of the
screen. `tests/unit/tui/test_tui_one_meaning.py` checks the tables of all screens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual.binding import Binding

PANE_KEYS = frozenset(
    (
        *("left", "right", "up", "down", "h", "l", "k", "j", "home", "end", "pageup", "pagedown"),
        *("enter", "escape", "backspace", "delete"),
    )
)
"""Keys that move within the focused pane, open what is under its cursor, leave it or delete from
it: what they do depends on the pane."""

S_contra = TypeVar("S_contra", contravariant=True)
"""Type of the screen that an action is called with."""


def always(_screen: object) -> bool:
    """Return True: the default of `Action.is_possible`."""
    return True


@dataclass(frozen=True)
class Action(Generic[S_contra]):
    """One command of a screen."""

    key: str
    """Textual's name of the key, or several names separated by commas; empty if only the palette
    runs the action."""
    name: str
    """Name of the action, unique on its screen."""
    do: Callable[[S_contra], object]
    """Function called with the screen; a coroutine function may wait for a dialog."""
    label: str
    """Label of one or two words, for the footer and the palette."""
    help: str
    """Help line, for the help and the palette."""
    is_in_footer: bool = False
    shown_key: str = ""
    """Short form of the key for the footer and the help; empty for the default form."""
    is_priority: bool = False
    """Whether the action runs before the next key is processed. Actions that move the focus need
    this: on a slow connection, several keys arrive together, and the later ones must go to the new
    focus. The key also works in text fields, so it must not be a character."""
    is_repeatable: bool = False
    """Whether the key starts the action again while it is still running."""
    is_possible: Callable[[S_contra], bool] = always
    """Whether the action has an effect now; if not, its key is dead and not in the footer."""
    label_now: Callable[[S_contra], str] | None = None
    """Returns the footer's label in the current state, empty to omit the action; None: `label`."""
    opens: bool = False
    """Whether the action opens a screen or a dialog or focuses a text field, which then receives
    the following keys."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Textual's names of the keys."""
        return tuple(filter(None, self.key.split(",")))

    @property
    def written_key(self) -> str:
        """The key in its short form, as the help shows it."""
        return self.shown_key or ", ".join(map(written, self.keys))


@dataclass(frozen=True)
class Group(Generic[S_contra]):
    """Related actions under one title."""

    title: str
    actions: tuple[Action[S_contra], ...]
    pane: str = ""
    """Id of the pane that must have the focus; empty for any focus. The same key may have different
    actions in different panes."""


Bindable = Binding | tuple[str, str] | tuple[str, str, str]
"""The types that Textual accepts as a binding."""

FOCUS_BINDINGS = (
    Binding("tab", "app.focus_next", "Next", show=False, priority=True),
    Binding("shift+tab", "app.focus_previous", "Previous", show=False, priority=True),
)
"""Keys that move the focus, with priority, so that the following keys go to the new focus."""

_WRITTEN = {
    "question_mark": "?", "slash": "/", "plus": "+", "minus": "-", "equals_sign": "=",
    "left_square_bracket": "[", "right_square_bracket": "]", "escape": "esc", "delete": "del",
    "left": "←", "right": "→", "up": "↑", "down": "↓", "pageup": "PgUp", "pagedown": "PgDn",
    "left_curly_bracket": "{", "right_curly_bracket": "}",
    "home": "Home", "end": "End", "less_than_sign": "<", "greater_than_sign": ">", "comma": ",",
    "full_stop": ".", "underscore": "_", "colon": ":",
}  # fmt: skip


def written(key: str) -> str:
    """Return the short form of a key: `?` for question_mark, `F2` for f2, `^n` for ctrl+n."""
    *modifiers, key = key.split("+")
    name = _WRITTEN.get(key, key.upper() if key[:1] == "f" and key[1:].isdigit() else key)
    if modifiers == ["ctrl"] and len(name) == 1:
        return f"^{name}"
    return "+".join([*modifiers, name])


def bindings(groups: Iterable[Group[Any]]) -> list[Bindable]:
    """Return the bindings of a screen's actions; each calls `action_do` with the action's name.

    Every key has its own binding: if a text field consumes one of an action's keys, the footer
    shows the first of the other keys.
    """
    return [
        *(
            Binding(
                key,
                f"do('{action.name}')",
                action.label,
                tooltip=action.help,
                show=action.is_in_footer,
                key_display=action.shown_key or written(key),
                priority=action.is_priority,
            )
            for group in groups
            for action in group.actions
            for key in action.keys
        ),
        *FOCUS_BINDINGS,  # last: an action of the table may use the same key
    ]
