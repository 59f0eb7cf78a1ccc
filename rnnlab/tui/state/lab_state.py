"""The state shared by all screens: the runs as last read, their histories, the prompt session.

The app updates the state after each poll; screens read it and set the chosen and selected runs. It
does not refer to widgets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from rnnlab.base.preferences import Preferences
from rnnlab.plots import NamedHistory
from rnnlab.runs.history import History
from rnnlab.runs.run import Family, Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.stored_checkpoints import NO_STEPS, StoredSteps
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.outside import DEFAULT, Outside
from rnnlab.tui.outside.polling import MOST_RECORDS, RunsRead
from rnnlab.tui.state.key_buffer import KeyBuffer
from rnnlab.tui.state.notifications import Notice, notice_of, status_of
from rnnlab.tui.state.prompt_session import Fields, PromptSession
from rnnlab.tui.state.renames import follow_in_session, new_names
from rnnlab.tui.state.run_letters import lend_letters
from rnnlab.tui.state.runs_state import RunsState
from rnnlab.tui.state.trail import Trail
from rnnlab.tui.state.view_state import ViewState

_EMPTY_HISTORY = History()
"""The history of a run whose journal has not been read."""
_DEFAULT_PREFERENCES = Preferences()


class LabState(RunsState):
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
        super().__init__(view, preferences)
        self.store = store
        self.clock = clock
        """Returns monotonic time in seconds, for intervals and ages on the screens."""
        self.outside = outside
        """Processes, the machine and intervals; the only way for screens to reach them."""
        self.data = data
        """Folder of corpora; None for the default."""
        self.also_watched: tuple[str, ...] = ()
        """Further runs whose journals the visible screen needs."""
        self.keys = keys or KeyBuffer()
        """Holds key presses while a screen or a dialog opens."""
        self.trail = Trail("lab")
        """The screens that the user came from."""
        self.corpus_for_run: str | None = None
        """Corpus for the new-run form, which takes it over when it opens; None for no corpus."""
        self.draft_for_run: Mapping[str, str] | None = None
        """Texts of all fields of the new-run form, which takes them over; None for no draft."""
        self.session = PromptSession(Fields.of(self.view.fields, self.view.checkpoints))
        """The prompt session: the last request and its answers."""
        self._opened: Mapping[str, Run] = {}
        self._stored: Mapping[str, StoredSteps] = {}
        self._histories: dict[str, History] = {}
        self._families: Mapping[str, Family | None] = {}
        """The family of each watched run, by its name."""

    @property
    def watched(self) -> tuple[str, ...]:
        """Runs whose journals are read at each poll."""
        return tuple(dict.fromkeys([*self.overlaid, *self.also_watched]))

    @property
    def status(self) -> str:
        """One line: how many runs are in each state, and how many the folder holds."""
        return status_of(self.summaries.values(), self.store.root)

    def opened(self, name: str) -> Run | None:
        """Return a run as the last poll has listed it, without reading the disk; None for none."""
        return self._opened.get(name)

    def stored(self, name: str) -> StoredSteps:
        """Return the checkpoints of a watched run at the last poll; empty for another run."""
        return self._stored.get(name, NO_STEPS)

    def history(self, name: str) -> History:
        """Return a run's history; empty until its journal has been read."""
        return self._histories.get(name, _EMPTY_HISTORY)

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
        self.set_runs(read.summaries)
        self._opened, self._stored = read.runs, read.stored
        # Keep only the histories of watched runs: for them, the poller returns the records since
        # the last poll; for a run that is watched again, it returns the whole journal.
        self._histories = {
            name: self._histories.get(name) or History(most=2 * MOST_RECORDS) for name in read.news
        }
        for name, chunk in read.news.items():
            self._histories[name].add(chunk)
        self._families = read.families
        return notices

    def _follow_renames(self) -> None:
        """Replace the former names of renamed runs, also in the prompt session."""
        super()._follow_renames()
        if names := new_names(self.summaries):
            follow_in_session(names, self.session)

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
        return self._families.get(summary.name)
