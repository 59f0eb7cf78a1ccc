"""The runs as last read, and what the list shows of them: order, selection, colours, letters.

This part of the state is imported before the runs are listed, so it needs neither charts nor the
prompt session.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from rnnlab.base.preferences import Preferences
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.state.renames import follow_in_view, new_names
from rnnlab.tui.state.run_filter import ordered
from rnnlab.tui.state.run_letters import assign_letters, lend_letters
from rnnlab.tui.state.theme import appearance_of
from rnnlab.tui.state.view_state import ViewState

_DEFAULT_PREFERENCES = Preferences()


class RunsState:
    """The runs of one folder, the chosen run and the selected ones."""

    def __init__(
        self, view: ViewState | None = None, preferences: Preferences = _DEFAULT_PREFERENCES
    ) -> None:
        self.view = view or ViewState()
        """The view, saved across starts: sort order, filter, axis, panes."""
        self.preferences = preferences
        self.appearance = appearance_of(preferences)
        self.summaries: dict[str, RunSummary] = {}
        """Every run by name."""
        self.has_read = False
        """True once the runs have been listed."""
        self.chosen_name: str | None = self.view.chosen or None
        self.selected: tuple[str, ...] = tuple(self.view.marked)
        """Runs that actions apply to and whose curves are overlaid on those of the chosen run, in
        the order of selection."""

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

    def in_order(self) -> list[RunSummary]:
        """Return the runs that pass the filter, in the order of the list."""
        view = self.view
        return ordered(
            self.summaries.values(), view.sort,
            is_reversed=view.is_reversed, text=view.filter, pinned=view.pinned,
        )  # fmt: skip

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

    def toggle_pins(self, names: Collection[str]) -> bool:
        """Pin runs to the top of the list; unpin them if all are pinned. Return True if pinned."""
        pinned = self.view.pinned
        new = [name for name in names if name not in pinned]
        self.view.pinned = pinned + new if new else [n for n in pinned if n not in names]
        return bool(new)

    def prefer(self, preferences: Preferences) -> None:
        """Replace the preferences and update the appearance."""
        self.preferences = preferences
        self.appearance = appearance_of(preferences)

    def set_runs(self, summaries: Sequence[RunSummary]) -> None:
        """Store all runs as read now; give each new one a colour and a letter."""
        self.has_read = True
        self.summaries = {summary.name: summary for summary in summaries}
        self._follow_renames()
        self.selected = tuple(name for name in self.selected if name in self.summaries)
        oldest_first = [s.name for s in sorted(summaries, key=lambda s: (s.created, s.name))]
        colors = _free_colors(set(self.view.colors.values()))
        for name in oldest_first:
            if name not in self.view.colors:
                self.view.colors[name] = next(colors)
        assign_letters(self.view.letters, oldest_first)
        lend_letters(self.view.letters, self.overlaid)

    def _follow_renames(self) -> None:
        """Replace the former names of runs that were renamed here or elsewhere."""
        if names := new_names(self.summaries):
            if self.chosen_name is not None:
                self.chosen_name = names.get(self.chosen_name, self.chosen_name)
            self.selected = tuple(names.get(name, name) for name in self.selected)
            follow_in_view(names, self.view)


def _free_colors(used: Collection[int]) -> Iterator[int]:
    """Yield the palette indices that no run uses, ascending."""
    return (color for color in itertools.count() if color not in used)
