"""Insight: look into the chosen run's model, beside another one, while it trains and after."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from rnnlab.base.display import visible
from rnnlab.base.errors import RnnlabError
from rnnlab.plots import Finding, finding_from_json
from rnnlab.protocol.messages import Ended, Failed, Inspect, Inspected, Reply, Started
from rnnlab.runs.store import Run
from rnnlab.tui.inspect.actions import LOOKING, VANISHING, view_names
from rnnlab.tui.inspect.findings import Findings
from rnnlab.tui.messages import Asked
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import Declaration
from rnnlab.tui.shell.view_tabs import ViewTabs
from rnnlab.tui.state import LabState

__all__ = ["SCREEN", "InspectScreen", "view_names"]

_FIELDS = (("text", "held-out text"), ("unit", "best"), ("property", "capital"))
_USED_BY = {"unit": ("neurons", "gates"), "property": ("neurons",)}


class InspectScreen(BaseScreen):
    """Views in a row, what they are asked with, and below it what was found."""

    GROUPS: ClassVar = (LOOKING, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, desk: LabState) -> None:
        super().__init__(desk)
        self.tabs = ViewTabs(view_names())
        self.page = Findings(desk)
        self.checkpoint = "last"
        self.other: str | None = None
        """Name of the run beside the chosen one, or of a checkpoint: `run@step`."""
        self.units: tuple[str, ...] = ()
        self._status = Static("", id="inspect-status", markup=False)
        self._is_waiting = False
        self._shown: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._looked_at: tuple[float, object] = (0.0, None)
        """When it was looked last, and how far what is looked into had come."""
        self._findings: tuple[Finding, ...] = ()
        self._problem = ""

    def compose_body(self) -> ComposeResult:
        """Lay out views, fields, status and page."""
        yield self.tabs
        with Horizontal(id="inspect-fields"):
            for name, placeholder in _FIELDS:
                yield Label(f"{name} ", classes="name")
                yield Input(placeholder=placeholder, id=f"inspect-{name}", compact=True)
        yield self._status
        yield self.page

    def on_mount(self) -> None:
        """Begin on the page, where letters are keys."""
        self.page.focus()

    def take(self) -> None:
        """Look where something is new: another run, or a step of one that trains."""
        chosen = self.desk.chosen
        if chosen is None:
            self.page.say("no run is chosen: F2, then choose one")
            return
        at, progress = self._looked_at
        age_s = self.desk.clock() - at
        is_due = self._progress() != progress and age_s > self.desk.outside.inspect_every_s
        is_other = self._wish() != self._asked
        if is_other or (is_due and not self._is_waiting):
            self.ask()
        self._show_status()

    def ask(self) -> None:
        """Ask for what is wished."""
        chosen = self.desk.chosen
        if chosen is None:
            return
        beside, _, beside_checkpoint = (self.other or "").partition("@")
        try:
            other = _path(self.desk.store.open(beside)) if beside else None
        except RnnlabError as error:
            self.tell(str(error), "warning")
            self.other = other = None
        self._asked = self._wish()
        self._looked_at = (self.desk.clock(), self._progress())
        self._problem = ""
        missing = self._missing()
        self._is_waiting = not missing
        if missing:
            self.page.say(missing)
            return
        members = []
        if self.tabs.chosen == VANISHING:
            runs = map(self.desk.opened, self.lab_runs())
            members = [_path(run) for run in runs if run is not None]
        self.post_message(
            Asked(
                self,
                chosen.name,
                partial(
                    Inspect,
                    0,
                    view=self.tabs.chosen,
                    checkpoint=self.checkpoint,
                    text=self._value("text", is_plain=True),
                    unit=self._value("unit"),
                    property=self._value("property"),
                    other=other,
                    other_checkpoint=beside_checkpoint or "last",
                    data=None if self.desk.data is None else str(self.desk.data),
                    members=members,
                ),
            )
        )
        self._show_status()

    def kept_steps(self) -> list[int]:
        """Return the steps of the chosen run's checkpoints that are on disk, ascending."""
        chosen = self.desk.chosen_name
        run = self.desk.opened(chosen) if chosen else None
        return run.paths.checkpoint_steps() if run is not None else []

    def lab_runs(self) -> list[str]:
        """Return the runs of the vanishing-gradient lab, by cell and depth."""
        found = [s for s in self.desk.summaries.values() if s.name.startswith(f"{VANISHING}-")]
        cells = ("rnn", "gru", "lstm")
        return [
            s.name
            for s in sorted(
                found,
                key=lambda s: (
                    cells.index(s.cell) if s.cell in cells else len(cells),
                    s.layers or 0,
                    s.name,
                ),
            )
        ]

    async def hear(self, reply: Reply) -> None:
        """Show what the generator has found."""
        match reply:
            case Inspected():
                findings = tuple(finding_from_json(values) for values in reply.findings)
                if findings[0].view != self.tabs.chosen:
                    return  # of a question before the view was chosen
                self._findings = findings
                self.units = self._findings[0].units
                is_new_page = self._shown != self._asked
                self._shown = self._asked
                self.page.show(self._findings, is_new_page=is_new_page)
            case Failed() if not self._missing():
                self._problem = reply.message
                self.page.say(reply.message.replace("--with RUN", "b").replace("--text", "text"))
                self._shown = ()
            case Ended():
                self._is_waiting = False
            case Started() | _:
                pass
        self._show_status()

    def fail(self, reason: str) -> None:
        """Say that nothing will come."""
        self._is_waiting = False
        self.page.say(reason)
        self._show_status()

    def main_widget(self) -> Widget:
        """Return the page, where letters are keys."""
        return self.page

    def on_descendant_focus(self) -> None:
        """Show digits before the views only where they choose one, which in a field they do not."""
        self.tabs.show_keys(are_live=not isinstance(self.focused, Input))

    @on(ViewTabs.Chosen)
    def choose_clicked(self, message: ViewTabs.Chosen) -> None:
        """Show the view that was clicked."""
        self.choose(message.name)

    def choose(self, view: str) -> None:
        """Show another view."""
        self.tabs.choose(view)
        for name, _ in _FIELDS:
            is_used = view in _USED_BY.get(name, view_names()[:-1])
            self.query_one(f"#inspect-{name}", Input).disabled = not is_used
        self.page.say("looking ...")
        self.ask()
        self.page.focus()

    @on(Input.Submitted)
    def look_again(self) -> None:
        """Look with what stands in the fields."""
        self.ask()
        self.page.focus()

    def turn(self, step: int) -> None:
        """Show the unit so many places on in the ranking."""
        if self.tabs.chosen != "neurons" or not self.units:
            self.tell("units are paged through in the view neurons", "warning")
            return
        field = self.query_one("#inspect-unit", Input)
        here = self.units.index(field.value) if field.value in self.units else 0
        field.value = self.units[(here + step) % len(self.units)]
        self.ask()

    def _missing(self) -> str:
        """Return what is needed before anything can be asked; empty where nothing is."""
        if self.tabs.chosen == "difference" and self.other is None:
            return "a difference is of two models: b chooses the run beside this one"
        if self.tabs.chosen == VANISHING and not self.lab_runs():
            return "no run of the lab yet: v trains RNN, GRU and LSTM at depth 1, 2, 4, 8"
        return ""

    def _progress(self) -> tuple[int, ...]:
        """Return how far the runs that are looked into have come."""
        chosen, runs = self.desk.chosen_name, self.desk.summaries
        names = self.lab_runs() if self.tabs.chosen == VANISHING else [chosen]
        return tuple(runs[name].step for name in names if name in runs)

    def _wish(self) -> tuple[object, ...]:
        """Return what the page depends on; fields count once they are submitted."""
        chosen = self.desk.chosen
        lab = tuple(self.lab_runs()) if self.tabs.chosen == VANISHING else ()
        name = chosen.name if chosen else None
        return name, self.tabs.chosen, self.checkpoint, self.other, lab

    def _value(self, name: str, *, is_plain: bool = False) -> str | None:
        field = self.query_one(f"#inspect-{name}", Input)
        value = field.value if is_plain else field.value.strip()
        return value or None if not field.disabled else None

    def _show_status(self) -> None:
        chosen = self.desk.chosen
        if chosen is None:
            return
        shown = f"step {self._findings[0].step:,}" if self._findings else "not looked at yet"
        beside = f", beside {self.other}" if self.other else ""
        state = "looking ..." if self._is_waiting else self._problem or shown
        line = f"{chosen.name} ({chosen.state}), checkpoint {self.checkpoint}{beside}: {state}"
        if self.tabs.chosen == VANISHING:
            line = self._state_of_lab()
        line = visible(line, newline=" ")
        if line != self._status.content:
            self._status.update(line, layout=False)

    def _state_of_lab(self) -> str:
        """Return how many runs of the lab there are and what they do."""
        states = Counter(self.desk.summaries[name].state for name in self.lab_runs())
        listed = ", ".join(f"{num} {state}" for state, num in states.items())
        there = f"{states.total()} runs of the lab" + (f" ({listed})" if listed else "")
        return f"{there}; v queues those that are missing"


def _path(run: Run) -> str:
    return str(run.paths.root.resolve())


SCREEN = Declaration(
    InspectScreen,
    key="f7",
    title="Inspect",
    help="Look into a run: gradients, gates, neurons",
    needs_run=True,
)
