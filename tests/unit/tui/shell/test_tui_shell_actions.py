"""The keys of all screens: one table, in which a key means the same everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from rnnlab.base import registry
from rnnlab.tui.shell.actions import PANE_KEYS, Action, Group, bindings, written
from rnnlab.tui.shell.screen_registry import entries


def every_action() -> Iterator[tuple[str, Action[Any]]]:
    """Yield every action of every screen, with the screen's name."""
    for entry in entries():
        for group in registry.load("tui/screens", entry.name).SCREEN.screen.GROUPS:
            for action in group.actions:
                yield entry.name, action


def test_a_key_has_one_meaning_on_all_screens() -> None:
    meanings: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for screen, action in every_action():
        for key in action.keys:
            if key in PANE_KEYS:
                continue
            if key.isdigit() and action.name.startswith("pane"):
                continue  # the first pane, the second one, ...
            meanings[key].setdefault(action.label, []).append(f"{action.name} of {screen}")
    different = {key: labels for key, labels in meanings.items() if len(labels) > 1}
    assert not different


def test_a_digit_shows_or_hides_a_pane() -> None:
    digits = {
        (key, action.name) for _, action in every_action() for key in action.keys if key.isdigit()
    }
    assert digits
    for key, name in digits:
        assert name.startswith("pane-") if key != "0" else name == "panes", (key, name)


def test_an_action_without_a_key_is_not_bound() -> None:
    silent = Action[object]("", "silent", lambda _screen: None, "Silent", "Has no key")
    loud = Action[object]("x,y", "loud", lambda _screen: None, "Loud", "Has two keys")
    ours = [b for b in bindings([Group("All", (silent, loud))]) if "'" in b.action]  # type: ignore[union-attr]
    assert [b.key for b in ours] == ["x", "y"]  # type: ignore[union-attr]


def test_a_key_is_written_in_its_short_form() -> None:
    keys = ("n", "f2", "f10", "full_stop", "ctrl+n", "ctrl+pagedown", "shift+left")
    assert [*map(written, keys)] == ["n", "F2", "F10", ".", "^n", "ctrl+PgDn", "shift+←"]


def test_every_screen_has_its_letter_after_g() -> None:
    letters = [entry.go for entry in entries()]
    assert len(set(letters)) == len(letters)
    assert all(len(letter) == 1 and letter.isalpha() for letter in letters)
    assert "g" not in letters, "gg goes to the first row"
