"""The command palette: the actions of the visible screen and of the others, found by words.

An entry shows the key of its action, which the user can press the next time. Every word of the
query must begin a word of the label, the help line or a synonym.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual.command import Command, CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape

from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_factory import screen_class
from rnnlab.tui.shell.screen_registry import entries

_SYNONYMS = (
    "pause halt wait hold suspend freeze",
    "resume continue proceed unpause extend",
    "stop end kill abort cancel terminate interrupt",
    "rate learning lr",
    "save export store file copy clipboard download",
    "picture screenshot image svg png capture photo",
    "delete remove bin trash erase rm discard",
    "prompt write text input ask generate",
    "open show view display",
    "settings preferences options configuration theme colours colors",
    "new create start train begin launch",
    "filter search find grep",
    "sort order",
    "select mark choose pick",
    "compare versus difference diff",
    "chart plot graph curve metric",
    "smoother smooth average ema",
    "log logarithmic",
    "zoom enlarge magnify",
    "checkpoint weights snapshot",
    "corpus corpora data dataset download",
    "full maximise maximize fullscreen",
    "help keys shortcuts manual bindings",
    "quit exit leave close",
    "refresh reload update again",
    "previous back before",
    "undo revert restore",
    "queue enqueue schedule later",
    "system machine gpu cpu memory processes",
)
"""Words of each line stand for one another in a query."""
_KEY_COLUMN = 20
"""Column at which the keys begin, behind the labels."""
_EXACT, _IN_LABEL, _IN_TEXT = 1.0, 0.9, 0.6
_SYNONYM_IN_LABEL, _SYNONYM_IN_TEXT = 0.5, 0.4
_NOT_NOW, _ELSEWHERE = 0.05, 0.1
"""What an entry loses if it has no effect now, or belongs to another screen."""
_FEWEST_LETTERS = 2
"""Length from which the beginning of a word stands for its synonyms."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the palette."""

    label: str
    key: str
    """The key in its short form; empty for none."""
    help: str
    run: Callable[[], object]
    is_possible: bool = True
    """Whether the action has an effect now."""
    is_elsewhere: bool = False
    """Whether the entry opens another screen first."""

    @property
    def shown(self) -> Text:
        """The line of the entry: label and key."""
        style = "" if self.is_possible else "dim"
        return Text.assemble((f"{self.label:<{_KEY_COLUMN}} ", style), (self.key, "bold cyan"))

    def score(self, query: str) -> float:
        """Return how well a query fits, from 0 (not at all) to 1."""
        words = _words(query)
        label, text = _words(self.label), _words(f"{self.label} {self.help}")
        scores = [_score(word, label, text) for word in words]
        if not scores or min(scores) == 0:
            return 0.0
        if words == label[: len(words)]:
            scores.append(_EXACT)
        mean = sum(scores) / len(scores)
        lost = _NOT_NOW * (not self.is_possible) + _ELSEWHERE * self.is_elsewhere
        return max(mean - lost, 0.01)


def entries_of(page: BaseScreen) -> Iterator[Entry]:
    """Yield the actions of a screen; those of the focused pane come first."""
    for group in page.groups_of_focus_first():
        for action in group.actions:
            yield Entry(
                action.label, action.written_key, action.help, _runner(page, action.name),
                is_possible=bool(action.is_possible(page)),
            )  # fmt: skip


def entries_elsewhere(page: BaseScreen) -> Iterator[Entry]:
    """Yield the actions of the other screens that the visible one does not have.

    Choosing one opens its screen and runs the action there; a form is only opened.
    """
    here = {action.name for group in page.GROUPS for action in group.actions}
    for entry in entries():
        if entry.name == page.entry_name:
            continue
        screen = screen_class(entry.name)
        for action in _actions_anywhere(screen.GROUPS):
            if action.name not in here:
                yield Entry(
                    f"{action.label} ({entry.title})", "", action.help,
                    _opener(page, entry.name, "" if screen.IS_FORM else action.name),
                    is_elsewhere=True,
                )  # fmt: skip


def _actions_anywhere(groups: Sequence[Group[Any]]) -> Iterator[Action[Any]]:
    """Yield the actions that do not depend on the focused pane."""
    for group in groups:
        if not group.pane:
            yield from group.actions


class Palette(CommandPalette):
    """The palette; its keys do nothing while its list has no room: Textual's would fail."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys of the list before its first layout, and on a screen that is too low."""
        if action == "command_list" and not self.query_one(CommandList).scrollable_content_region:
            return False
        return super().check_action(action, parameters)

    def _refresh_command_list(
        self, command_list: CommandList, commands: list[Command], clear_current: bool
    ) -> None:
        """Show what a search has found, unless the palette has been closed meanwhile."""
        if command_list.is_attached:
            super()._refresh_command_list(command_list, commands, clear_current)


class ActionsProvider(Provider):
    """Feeds the command palette."""

    async def discover(self) -> Hits:
        """Yield the actions of the visible screen; those without an effect now come last."""
        for entry in sorted(self._entries_here(), key=lambda entry: not entry.is_possible):
            yield DiscoveryHit(entry.shown, entry.run, entry.label, escape(entry.help))

    async def search(self, query: str) -> Hits:
        """Yield the actions of all screens that a query fits."""
        page = self._page
        elsewhere = await asyncio.to_thread(lambda: [*entries_elsewhere(page)])  # imports screens
        for entry in [*self._entries_here(), *elsewhere]:
            if (score := entry.score(query)) > 0:
                yield Hit(score, entry.shown, entry.run, entry.label, escape(entry.help))

    def _entries_here(self) -> list[Entry]:
        """Return the actions of the visible screen, and the choice of a theme."""
        theme = Entry("Theme", "", "Choose a theme for this session", self.app.action_change_theme)
        return [*entries_of(self._page), theme]

    @property
    def _page(self) -> BaseScreen:
        """The visible screen, below any dialog."""
        return [page for page in self.app.screen_stack if isinstance(page, BaseScreen)][-1]


def _runner(page: BaseScreen, action: str) -> Callable[[], None]:
    def run() -> None:
        page.call_later(page.action_do, action)

    return run


def _opener(page: BaseScreen, screen: str, action: str) -> Callable[[], None]:
    def run() -> None:
        page.open_screen(screen, action=action)

    return run


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _score(word: str, label: Sequence[str], text: Sequence[str]) -> float:
    """Return how well one word of a query fits an entry."""
    if any(own.startswith(word) for own in label):
        return _IN_LABEL
    if any(own.startswith(word) for own in text):
        return _IN_TEXT
    synonyms = tuple(_synonyms(word))
    if any(own.startswith(synonyms) for own in label):
        return _SYNONYM_IN_LABEL
    return _SYNONYM_IN_TEXT if any(own.startswith(synonyms) for own in text) else 0.0


def _synonyms(word: str) -> set[str]:
    """Return the synonyms of a word; if it has none, those of the words that it begins."""
    lines = [line.split() for line in _SYNONYMS]
    fitting = [line for line in lines if word in line]
    if not fitting and len(word) >= _FEWEST_LETTERS:
        fitting = [line for line in lines if any(own.startswith(word) for own in line)]
    return {other for line in fitting for other in line}
