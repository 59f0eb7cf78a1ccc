"""The inspect screen: views into the chosen run's model, alone or next to another one."""

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
from rnnlab.base.errors import UnknownNameError
from rnnlab.plots import Finding, finding_from_json
from rnnlab.protocol.messages import Ended, Failed, Inspect, Inspected, Reply, Started
from rnnlab.runs.checkpoint import split_checkpoint
from rnnlab.runs.run import Run
from rnnlab.tui.charts.actions import SCALES, in_charts
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.inspect.actions import INSIGHT, VIEWS
from rnnlab.tui.inspect.screen import InspectingScreen
from rnnlab.tui.inspect.views import FIELDS, VANISHING
from rnnlab.tui.messages import Asked
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.view_tabs import ViewTabs
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.weights import weights_of


class InspectScreen(InspectingScreen):
    """The names of the views, their parameters, and the findings, one below the other."""

    GROUPS: ClassVar = (in_charts("charted"), VIEWS, INSIGHT, SCALES, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self._status = Static("", id="inspect-status", markup=False)
        self._is_waiting = False
        self._shown: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._inspected_at: tuple[float, object] = (0.0, None)
        """Time of the last inspection in seconds, and the steps of the inspected runs."""
        self._findings: tuple[Finding, ...] = ()
        self._problem = ""

    def compose_body(self) -> ComposeResult:
        """Yield the names of the views, the fields, the status and the page."""
        yield self.tabs
        with Horizontal(id="inspect-fields"):
            for name, placeholder in FIELDS:
                yield Label(f"{name} ", classes="name")
                yield Input(placeholder=placeholder, id=f"inspect-{name}", compact=True)
        yield self._status
        yield self.page

    def on_mount(self) -> None:
        """Focus the page: in the fields, letters would be text."""
        self.page.focus()

    def show_state(self) -> None:
        """Inspect again if the parameters or, after an interval, the steps have changed."""
        chosen = self.state.chosen
        if chosen is None:
            self.page.show_text("no run is chosen; choose one in the lab (F2)")
            return
        time_s, progress = self._inspected_at
        age_s = self.state.clock() - time_s
        is_due = self._progress() != progress and age_s > self.state.outside.inspect_every_s
        is_changed = self._parameters() != self._asked
        if is_changed or (is_due and not self._is_waiting):
            self.ask()
        self._show_status()

    def ask(self) -> None:
        """Ask the generator for the findings of the current view."""
        chosen = self.state.chosen
        if chosen is None:
            return
        other_name, other_checkpoint = split_checkpoint(self.other or "")
        opened = self.state.opened(other_name) if other_name else None
        other = None if opened is None else _path(opened)
        if other_name and other is None:
            error = UnknownNameError("run", other_name, list(self.state.summaries))
            self.toast(str(error), "warning")
            self.other = None
        self._asked = self._parameters()
        self._inspected_at = (self.state.clock(), self._progress())
        self._problem = ""
        missing = self._missing()
        self._is_waiting = not missing
        if missing:
            self.page.show_text(missing)
            return
        members = []
        if self.tabs.chosen == VANISHING:
            runs = map(self.state.opened, self.lab_runs())
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
                    other_checkpoint=other_checkpoint or "last",
                    data=None if self.state.data is None else str(self.state.data),
                    members=members,
                ),
            )
        )
        self._show_status()

    def lab_runs(self) -> list[str]:
        """Return the names of the vanishing-gradient lab's runs, sorted by cell and depth."""
        runs = [s for s in self.state.summaries.values() if s.name.startswith(f"{VANISHING}-")]
        cells = ("rnn", "gru", "lstm")
        return [
            s.name
            for s in sorted(
                runs,
                key=lambda s: (
                    cells.index(s.cell) if s.cell in cells else len(cells),
                    s.layers or 0,
                    s.name,
                ),
            )
        ]

    async def on_reply(self, reply: Reply) -> None:
        """Show the findings or the error of the generator."""
        match reply:
            case Inspected():
                findings = tuple(finding_from_json(values) for values in reply.findings)
                if findings[0].view != self.tabs.chosen:
                    return  # a stale reply: the view has changed since
                self._findings = findings
                self.units = self._findings[0].units
                is_new_page = self._shown != self._asked
                self._shown = self._asked
                self.page.show(self._findings, is_new_page=is_new_page)
            case Failed() if not self._missing():
                self._problem = reply.message
                self.page.show_text(
                    reply.message.replace("--with RUN", "b").replace("--text", "text")
                )
                self._shown = ()
            case Ended():
                self._is_waiting = False
            case Started() | _:
                pass
        self._show_status()

    def fail(self, reason: str) -> None:
        """Show why there will be no findings."""
        self._is_waiting = False
        self.page.show_text(reason)
        self._show_status()

    def leave(self) -> None:
        """Remove the cursor of the charts, then return from a chart to the page, then leave."""
        if not self.has_focus_in("charted"):
            super().leave()
        elif not self.plots.drop_cursor():
            self.page.focus()

    def main_widget(self) -> Widget:
        """Return the page: in the fields, letters would be text."""
        return self.page

    @on(ViewTabs.Chosen)
    def choose_clicked(self, message: ViewTabs.Chosen) -> None:
        """Show the view that was clicked."""
        self.choose(message.name)

    @on(Input.Submitted)
    def submit(self) -> None:
        """Inspect with the values of the fields; the focus stays where it is."""
        self.ask()

    def _missing(self) -> str:
        """Return the reason why the view cannot be shown yet; empty if it can."""
        if self.tabs.chosen == "difference" and self.other is None:
            return "a difference needs two models; press V to choose the other one"
        if self.tabs.chosen == VANISHING and not self.lab_runs():
            return (
                "the vanishing lab has no runs yet; "
                "press T to train RNN, GRU and LSTM at depths 1, 2, 4 and 8"
            )
        return ""

    def _progress(self) -> tuple[int, ...]:
        """Return the current steps of the inspected runs."""
        chosen, runs = self.state.chosen_name, self.state.summaries
        names = self.lab_runs() if self.tabs.chosen == VANISHING else [chosen]
        return tuple(runs[name].step for name in names if name in runs)

    def _parameters(self) -> tuple[object, ...]:
        """Return the parameters of the findings, except the fields: they count when submitted."""
        chosen = self.state.chosen
        lab = tuple(self.lab_runs()) if self.tabs.chosen == VANISHING else ()
        name = chosen.name if chosen else None
        return name, self.tabs.chosen, self.checkpoint, self.other, lab

    def _value(self, name: str, *, is_plain: bool = False) -> str | None:
        field = self.query_one(f"#inspect-{name}", Input)
        value = field.value if is_plain else field.value.strip()
        return value or None if not field.disabled else None

    def _show_status(self) -> None:
        chosen = self.state.chosen
        if chosen is None:
            return
        is_current = self._findings and self._shown == self._asked
        shown = weights_of(self._findings[0].step, chosen) if is_current else "not inspected yet"
        other = f", compared with {self.other}" if self.other else ""
        shown = "no findings" if self._problem else shown  # the page has the reason in full
        state = "inspecting…" if self._is_waiting else shown
        line = f"{chosen.name} ({chosen.state}), checkpoint {self.checkpoint}{other}: {state}"
        if self.tabs.chosen == VANISHING:
            line = self._state_of_lab()
        line = visible(line, newline=" ")
        if line != self._status.content:
            self._status.update(line, layout=False)

    def _state_of_lab(self) -> str:
        """Return one line: the number of the lab's runs in each state."""
        states = Counter(self.state.summaries[name].state for name in self.lab_runs())
        counts = ", ".join(f"{num} {state}" for state, num in states.items())
        total = f"vanishing lab: {states.total()} runs" + (f" ({counts})" if counts else "")
        return f"{total}; press T to queue missing runs"


def _path(run: Run) -> str:
    return str(run.paths.root.absolute())  # reads no file: a key waits for this


SCREEN = Declaration(
    InspectScreen,
    key="f7",
    go="i",
    title="Inspect",
    short="Insp",
    help="Inspect the chosen run: gradients, gates, neurons",
    needs_run=True,
)
