"""Actions: what a user can do, with its key, its label and its help line, in tables.

A screen lists its groups of actions; the key bindings, the footer, the help and the palette are all
made from them, and an action is done by calling the function that stands in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual.binding import Binding

S_contra = TypeVar("S_contra", contravariant=True)
"""The screen on which an action is done."""


def always(_screen: object) -> bool:
    """Tell that there is always something to do."""
    return True


@dataclass(frozen=True)
class Action(Generic[S_contra]):
    """One thing that a user can do."""

    key: str
    """Textual's name of the key; several are set apart by commas."""
    name: str
    """Tells it from the other actions of its screen."""
    do: Callable[[S_contra], object]
    """Does it, with the screen it is done on; what an `async def` does may wait for an answer."""
    label: str
    """A word or two, for the footer and the palette."""
    help: str
    """One line, for the help and the palette."""
    is_in_footer: bool = False
    shown_key: str = ""
    """How the key is written where its name is unwieldy."""
    is_priority: bool = False
    """Whether it is done before the next key is looked at: it moves the focus, and keys that come
    in a burst over a slow line must land where it moved to. Also goes before text fields: no
    letter may have it."""
    is_repeatable: bool = False
    """Whether its key counts again while it is still being done."""
    is_possible: Callable[[S_contra], bool] = always
    """Whether it could do anything now; else its key is dead and not in the footer."""
    label_now: Callable[[S_contra], str] | None = None
    """Says what its key would do now, for the footer; an empty word keeps it out. None: `label`."""
    opens: bool = False
    """Whether it opens a screen or a dialog: what is pressed before that is there is for it."""

    @property
    def written_key(self) -> str:
        """The key as people write it."""
        return self.shown_key or ", ".join(map(written, self.key.split(",")))


@dataclass(frozen=True)
class Group(Generic[S_contra]):
    """Actions that belong together."""

    title: str
    actions: tuple[Action[S_contra], ...]
    pane: str = ""
    """Id of the pane that must have the focus; empty where they go from anywhere in the screen.
    The same key may do one thing in one pane and another in the next."""


Bindable = Binding | tuple[str, str] | tuple[str, str, str]
"""What Textual takes for a binding."""

FOCUS_BINDINGS = (
    Binding("tab", "app.focus_next", "Next", show=False, priority=True),
    Binding("shift+tab", "app.focus_previous", "Before", show=False, priority=True),
)
"""Done at once, so that the keys after them land where the focus has moved to."""

_WRITTEN = {
    "question_mark": "?", "slash": "/", "plus": "+", "minus": "-", "equals_sign": "=",
    "left_square_bracket": "[", "right_square_bracket": "]", "escape": "esc", "delete": "del",
    "left": "←", "right": "→", "up": "↑", "down": "↓", "pageup": "PgUp", "pagedown": "PgDn",
    "home": "Home", "end": "End", "less_than_sign": "<", "greater_than_sign": ">", "comma": ",",
    "full_stop": ".", "underscore": "_", "colon": ":",
}  # fmt: skip


def written(key: str) -> str:
    """Return a key as people write it: `?` for question_mark, `F2` for f2."""
    *modifiers, key = key.split("+")
    name = _WRITTEN.get(key, key.upper() if key[:1] == "f" and key[1:].isdigit() else key)
    return "+".join([*modifiers, name])


def bindings(groups: Iterable[Group[Any]]) -> list[Bindable]:
    """Return the bindings of a screen's table; its `action_do` does what they name.

    Each key has one of its own: a text field may take one of them away, and the footer names the
    first that is left.
    """
    return [
        *FOCUS_BINDINGS,
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
            for key in action.key.split(",")
        ),
    ]
