"""The state shared by all screens: the runs as last read, the chosen run, the selected runs.

The app updates the state after each poll; screens read it and set the chosen and selected runs. It
does not refer to widgets.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rnnlab.base.errors import UnknownNameError
from rnnlab.base.preferences import Preferences
from rnnlab.plots import NamedHistory
from rnnlab.runs.history import History
from rnnlab.runs.store import Family, Run, RunStore
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.outside import DEFAULT, Outside
from rnnlab.tui.outside.polling import MOST_RECORDS, RunsRead
from rnnlab.tui.state.key_buffer import KeyBuffer
from rnnlab.tui.state.notifications import Notice, notice_of, status_of
from rnnlab.tui.state.prompt_session import Fields, PromptSession
from rnnlab.tui.state.renames import follow_renames, new_names
from rnnlab.tui.state.run_filter import ordered
from rnnlab.tui.state.run_letters import assign_letters, lend_letters
from rnnlab.tui.state.theme import appearance_of
from rnnlab.tui.state.view_state import ViewState

_EMPTY_HISTORY = History()
"""The history of a run whose journal has not been read."""
_DEFAULT_PREFERENCES = Preferences()


class LabState:
    """The part of the app's state that does not belong to one screen."""

    def __init__(
        self,
        store: RunStore,
        data: Path | None = None,
        view: ViewState | None = None,
        preferences: Preferences = _DEFAULT_PREFERENCES,
        clock: Callable[[], float] = time.monotonic,
        keys: KeyBuffer | None = None,
        outside: Outside = DEFAULT,
    ) -> None:
        self.store = store
        self.clock = clock
        """Returns monotonic time in seconds, for intervals and ages on the screens."""
        self.outside = outside
        """Processes, the machine and intervals; the only way for screens to reach them."""
        self.view = view or ViewState()
        """The view, saved across starts: sort order, filter, axis, panes."""
        self.preferences = preferences
        self.appearance = appearance_of(preferences)
        self.data = data
        """Folder of corpora; None for the default."""
        self.summaries: dict[str, RunSummary] = {}
        """Every run by name."""
        self.has_read = False
        """True once the runs have been listed."""
        self.chosen_name: str | None = self.view.chosen or None
        self.selected: tuple[str, ...] = tuple(self.view.marked)
        """Runs that actions apply to and whose curves are overlaid on those of the chosen run, in
        the order of selection."""
        self.also_watched: tuple[str, ...] = ()
        """Further runs whose journals the visible screen needs."""
        self.keys = keys or KeyBuffer()
        """Holds key presses while a screen or a dialog opens."""
        self.corpus_for_run: str | None = None
        """Corpus for the new-run form, which takes it over when it opens; None for no corpus."""
        self.draft_for_run: Mapping[str, str] | None = None
        """Texts of all fields of the new-run form, which takes them over; None for no draft."""
        self.session = PromptSession(Fields.of(self.view.fields, self.view.checkpoints))
        """The prompt session: the last request and its answers."""
        self._opened: dict[str, Run] = {}
        self._histories: dict[str, History] = {}
        self._families: dict[tuple[str, float, bool], Family | None] = {}
        """Name, creation, is shipped -> a run's family; the settings of a run never change."""

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor; None if no run is listed."""
        return self.summaries.get(self.chosen_name) if self.chosen_name else None

    @property
    def targets(self) -> tuple[RunSummary, ...]:
        """The runs that an action applies to: the selected ones, or else the chosen one."""
        selected = [self.summaries[name] for name in self.selected if name in self.summaries]
        return tuple(selected or ([self.chosen] if self.chosen else []))

    @property
    def overlaid(self) -> tuple[str, ...]:
        """The chosen run, followed by the other selected runs that exist."""
        chosen = [self.chosen.name] if self.chosen else []
        return tuple(dict.fromkeys([*chosen, *(n for n in self.selected if n in self.summaries)]))

    @property
    def watched(self) -> tuple[str, ...]:
        """Runs whose journals are read at each poll."""
        return tuple(dict.fromkeys([*self.overlaid, *self.also_watched]))

    @property
    def status(self) -> str:
        """One line: how many runs are in each state, and how many the folder holds."""
        return status_of(self.summaries.values(), self.store.root)

    def in_order(self) -> list[RunSummary]:
        """Return the runs that pass the filter, in the order of the list."""
        view = self.view
        return ordered(
            self.summaries.values(), view.sort,
            is_reversed=view.is_reversed, text=view.filter, pinned=view.pinned,
        )  # fmt: skip

    def opened(self, name: str) -> Run | None:
        """Return a run on disk; None if it was removed since the last poll."""
        if name not in self._opened:
            try:
                self._opened[name] = self.store.open(name)
            except UnknownNameError:
                return None
        return self._opened[name]

    def history(self, name: str) -> History:
        """Return a run's history; empty until its journal has been read."""
        return self._histories.get(name, _EMPTY_HISTORY)

    def color_of(self, name: str) -> int:
        """Return a run's index in the palette, which stays the same while the run exists."""
        return self.view.colors.get(name, 0)

    def rgb_of(self, name: str) -> str:
        """Return a run's colour in the form of Rich's styles."""
        palette = self.appearance.palette
        r, g, b = palette[self.color_of(name) % len(palette)]
        return f"rgb({r},{g},{b})"

    def letter_of(self, name: str) -> str:
        """Return a run's letter, which stays the same while the run exists; empty for none."""
        return self.view.letters.get(name, "")

    def prefer(self, preferences: Preferences) -> None:
        """Replace the preferences and update the appearance."""
        self.preferences = preferences
        self.appearance = appearance_of(preferences)

    def toggle_pins(self, names: Collection[str]) -> bool:
        """Pin runs to the top of the list; unpin them if all are pinned. Return True if pinned."""
        pinned = self.view.pinned
        new = [name for name in names if name not in pinned]
        self.view.pinned = pinned + new if new else [n for n in pinned if n not in names]
        return bool(new)

    def view_to_keep(self) -> ViewState:
        """Return the view to save, without entries for runs that no longer exist."""
        view, existing = self.view, self.summaries.keys()
        view.chosen = self.chosen_name or ""
        view.marked = [name for name in self.selected if name in existing]
        view.pinned = [name for name in view.pinned if name in existing]
        view.colors = {name: color for name, color in view.colors.items() if name in existing}
        fields = self.session.fields
        view.fields = fields.kept()
        view.checkpoints = {
            name: step for name, step in fields.checkpoints.items() if name in existing
        }
        return view

    def named_histories(self, names: tuple[str, ...] | None = None) -> list[NamedHistory]:
        """Return runs in the form that plots take; by default the chosen and selected runs."""
        names = self.overlaid if names is None else names
        lend_letters(self.view.letters, names)
        return [self._named(name) for name in names]

    def update(self, read: RunsRead) -> list[Notice]:
        """Store the result of a poll; return notifications of changes since the last poll."""
        notices = [
            notice
            for summary in read.summaries
            if (before := self.summaries.get(summary.name)) is not None
            and (notice := notice_of(before, summary)) is not None
        ]
        self.has_read = True
        self.summaries = {summary.name: summary for summary in read.summaries}
        self._forget_replaced()
        self._follow_renames()
        self.selected = tuple(name for name in self.selected if name in self.summaries)
        oldest_first = [s.name for s in sorted(read.summaries, key=lambda s: (s.created, s.name))]
        colors = _free_colors(set(self.view.colors.values()))
        for name in oldest_first:
            if name not in self.view.colors:
                self.view.colors[name] = next(colors)
        assign_letters(self.view.letters, oldest_first)
        # Keep only the histories of watched runs: for them, the poller returns the records since
        # the last poll; for a run that is watched again, it returns the whole journal.
        self._histories = {
            name: self._histories.get(name) or History(most=2 * MOST_RECORDS) for name in read.news
        }
        for name, chunk in read.news.items():
            self._histories[name].add(chunk)
        return notices

    def _forget_replaced(self) -> None:
        """Forget the folders of runs that are gone, or that a shipped run or its copy replaced."""
        self._opened = {
            name: run
            for name, run in self._opened.items()
            if name in self.summaries and run.is_shipped == self.summaries[name].is_shipped
        }

    def _follow_renames(self) -> None:
        """Replace the former names of runs that were renamed here or elsewhere."""
        if names := new_names(self.summaries):
            if self.chosen_name is not None:
                self.chosen_name = names.get(self.chosen_name, self.chosen_name)
            self.selected = tuple(names.get(name, name) for name in self.selected)
            follow_renames(names, self.view, self.session)

    def _named(self, name: str) -> NamedHistory:
        summary = self.summaries.get(name)
        color, history = self.color_of(name), self.history(name)
        if summary is None:
            named = NamedHistory(name, color, history)
        else:
            named = NamedHistory.of(summary, color, history, self._family(summary))
        is_read = name in self._histories
        return replace(named, letter=self.letter_of(name), is_read=is_read)

    def _family(self, summary: RunSummary) -> Family | None:
        """Return the family of a run whose curves may be averaged with those of others."""
        if not self.view.has_means or len(self.watched) < 2:
            return None
        key = (summary.name, summary.created, summary.is_shipped)
        if key not in self._families:
            run = self.opened(summary.name)
            self._families[key] = run.family() if run is not None else None
        return self._families[key]


def _free_colors(used: Collection[int]) -> Iterator[int]:
    """Yield the palette indices that no run uses, ascending."""
    return (color for color in itertools.count() if color not in used)
