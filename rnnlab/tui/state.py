"""What all screens share: the runs as they were last read, the chosen one, the marked ones.

Screens read it and choose on it; the app fills it. It knows no widget.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from rnnlab.base.errors import UnknownNameError
from rnnlab.base.preferences import Preferences
from rnnlab.plots import NamedHistory
from rnnlab.runs.history import History
from rnnlab.runs.store import Run, RunStore
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.outside import DEFAULT, Outside
from rnnlab.tui.prompting.session import Fields, PromptSession
from rnnlab.tui.runs.notifications import Notice, news_of, notice_of
from rnnlab.tui.runs.polling import MOST_RECORDS, RunsRead
from rnnlab.tui.runs.run_filter import ordered
from rnnlab.tui.shell.key_buffer import KeyBuffer
from rnnlab.tui.shell.theme import appearance_of
from rnnlab.tui.view_state import ViewState

_NOTHING_YET = History()
"""Stands for a run whose journal is still to be read."""


_USUAL = Preferences()


class LabState:
    """The state of the lab beyond any one screen."""

    def __init__(
        self,
        store: RunStore,
        data: Path | None = None,
        view: ViewState | None = None,
        preferences: Preferences = _USUAL,
        clock: Callable[[], float] = time.monotonic,
        keys: KeyBuffer | None = None,
        outside: Outside = DEFAULT,
    ) -> None:
        self.store = store
        self.clock = clock
        """Seconds since some moment: the one clock that screens and their widgets look at."""
        self.outside = outside
        """Processes, the machine and paces: screens reach them here and nowhere else."""
        self.view = view or ViewState()
        """How the lab is looked at, kept across starts."""
        self.preferences = preferences
        self.appearance = appearance_of(preferences)
        self.data = data
        """Folder of corpora; None for the default."""
        self.summaries: dict[str, RunSummary] = {}
        self.has_read = False
        """Whether it is known by now which runs there are."""
        """Every run by name."""
        self.chosen_name: str | None = self.view.chosen or None
        self.selected: tuple[str, ...] = tuple(self.view.marked)
        """Runs whose curves are laid over the chosen one's, in the order they were marked."""
        self.also_watched: tuple[str, ...] = ()
        """Runs whose journals the visible screen needs beyond the chosen and the marked ones."""
        self.keys = keys or KeyBuffer()
        """What is pressed passes here."""
        self.corpus_for_run: str | None = None
        """Corpus that a new run is to begin with; whoever opens the form takes it."""
        self.writing = PromptSession(Fields.of(self.view.fields, self.view.checkpoints))
        """What was asked of a model last."""
        self._opened: dict[str, Run] = {}
        self._histories: dict[str, History] = {}

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor; None while there is none."""
        return self.summaries.get(self.chosen_name) if self.chosen_name else None

    @property
    def overlaid(self) -> tuple[str, ...]:
        """The chosen run, then the marked ones."""
        chosen = [self.chosen.name] if self.chosen else []
        return tuple(dict.fromkeys([*chosen, *(n for n in self.selected if n in self.summaries)]))

    @property
    def watched(self) -> tuple[str, ...]:
        """Runs whose journals are followed."""
        return tuple(dict.fromkeys([*self.overlaid, *self.also_watched]))

    @property
    def news(self) -> str:
        """How many runs are at what, in a line."""
        return news_of(self.summaries.values(), self.store.root)

    def in_order(self) -> list[RunSummary]:
        """Return the runs that are listed, in the order of the list."""
        view = self.view
        return ordered(
            self.summaries.values(), view.sort,
            is_reversed=view.is_reversed, text=view.filter, pinned=view.pinned,
        )  # fmt: skip

    def opened(self, name: str) -> Run | None:
        """Return a run on disk; None for one that was removed since the runs were last read."""
        if name not in self._opened:
            try:
                self._opened[name] = self.store.open(name)
            except UnknownNameError:
                return None
        return self._opened[name]

    def history(self, name: str) -> History:
        """Return what is known of a run's journal; empty until it was read."""
        return self._histories.get(name, _NOTHING_YET)

    def color_of(self, name: str) -> int:
        """Return a run's place in the palette, the same as long as there is the run."""
        return self.view.colors.get(name, 0)

    def prefer(self, preferences: Preferences) -> None:
        """Take over other preferences."""
        self.preferences = preferences
        self.appearance = appearance_of(preferences)

    def toggle_pin(self, name: str) -> bool:
        """Pin a run to the top of the list, or let it go; tell whether it is pinned now."""
        pinned = self.view.pinned
        if name in pinned:
            pinned.remove(name)
        else:
            pinned.append(name)
        return name in pinned

    def view_to_keep(self) -> ViewState:
        """Return how the lab is looked at, without what is said of runs that are gone."""
        view, there = self.view, self.summaries.keys()
        view.chosen = self.chosen_name or ""
        view.marked = [name for name in self.selected if name in there]
        view.pinned = [name for name in view.pinned if name in there]
        view.colors = {name: color for name, color in view.colors.items() if name in there}
        fields = self.writing.fields
        view.fields = fields.kept()
        view.checkpoints = {name: at for name, at in fields.checkpoints.items() if name in there}
        return view

    def named_histories(self, names: tuple[str, ...] | None = None) -> list[NamedHistory]:
        """Return runs as plots want them, by default the selected ones."""
        return [self._named(name) for name in (self.overlaid if names is None else names)]

    def update(self, read: RunsRead) -> list[Notice]:
        """Take in what the feed has read; return what has happened to runs since the last time."""
        notices = [
            notice
            for summary in read.summaries
            if (before := self.summaries.get(summary.name)) is not None
            and (notice := notice_of(before, summary)) is not None
        ]
        self.has_read = True
        self.summaries = {summary.name: summary for summary in read.summaries}
        colors = _free_colors(set(self.view.colors.values()))
        for summary in sorted(read.summaries, key=lambda s: (s.created, s.name)):
            if summary.name not in self.view.colors:
                self.view.colors[summary.name] = next(colors)
        # Exactly those that the feed still follows: it gives what is new to what is here.
        self._histories = {
            name: self._histories.get(name) or History(most=2 * MOST_RECORDS) for name in read.news
        }
        for name, news in read.news.items():
            self._histories[name].add(news)
        return notices

    def _named(self, name: str) -> NamedHistory:
        summary = self.summaries.get(name)
        color, history = self.color_of(name), self.history(name)
        if summary is None:
            return NamedHistory(name, color, history, is_read=name in self._histories)
        named = NamedHistory.of(summary, color, history)
        return replace(named, is_read=name in self._histories)


def _free_colors(taken: Collection[int]) -> Iterator[int]:
    """Give the places in the palette that no run has, the first one first."""
    return (color for color in itertools.count() if color not in taken)
