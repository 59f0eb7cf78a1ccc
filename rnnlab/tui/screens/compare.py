"""Runs side by side: settings that differ, figures, curves, and what they make of one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.plots import Viewport
from rnnlab.protocol.messages import Ended, Failed, Progress, Reply, Started
from rnnlab.runs.compare import by_unit, rows_of
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.messages import AskCancelled, Asked, RunChosen
from rnnlab.tui.prompting.actions import CANDIDATES, PROMPTING, prompt
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.shell.panes import Pane, pane_group
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import Declaration
from rnnlab.tui.shell.status_line import StatusLine
from rnnlab.tui.state import LabState

if TYPE_CHECKING:
    from rnnlab.decoding import Spec

_MOST, _FEW = 6, 3
"""Runs compared at most, and where none is marked."""
_PANES = (
    Pane("compare-table", "Table"),
    Pane("compare-charts", "Curves", is_for_normal=True),
    Pane("compare-texts", "Texts"),
)


def _write(screen: CompareScreen) -> None:
    prompt(screen)


_COMPARE = Group["CompareScreen"](
    "Compare", (Action("slash", "write", _write, "Write", "Go to the text they all continue"),)
)


class _Asker:
    """One run's ear: it hears what the generator says to that run's question."""

    def __init__(self, screen: CompareScreen, number: int, name: str) -> None:
        self._screen = screen
        self.number = number
        self.name = name
        self.is_over = False
        self.has_failed = False

    async def on_reply(self, reply: Reply) -> None:
        """Hand a reply on with the run's number."""
        self.is_over = self.is_over or isinstance(reply, Ended)
        self.has_failed = self.has_failed or isinstance(reply, Failed)
        self._screen.take_reply(self, reply)


class CompareScreen(BaseScreen):
    """The chosen run and the marked ones, two to six."""

    PANES = _PANES
    GROUPS: ClassVar = (
        _COMPARE, PROMPTING, CANDIDATES, pane_group(_PANES), SCREENS, EVERYWHERE,
    )  # fmt: skip
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.form = PromptForm(state.writing, is_of_all=True)
        self.board = CandidateBoard()
        self.names: tuple[str, ...] = ()
        """The runs that are compared."""
        self.summary_table = Static()
        self._which = Static(id="compare-runs", markup=False)
        self._status = StatusLine("compare-status")
        self._charts: dict[str, ChartPane] = {}
        self._askers: list[_Asker] = []
        self._specs: Sequence[Spec] = ()
        self._shown: object = None

    def compose_body(self) -> ComposeResult:
        """Name the runs, then lay out table and curves, the texts below."""
        yield self._which
        with Horizontal(id="compare-upper", classes="panes"):
            with VerticalScroll(id="compare-table") as table:
                table.border_title = "Side by side"
                yield self.summary_table
            yield Vertical(id="compare-charts")
        with Vertical(id="compare-texts") as texts:
            texts.border_title = "The same text, continued"
            yield self.form
            yield self._status
            yield self.board

    def on_mount(self) -> None:
        """Say how texts come here."""
        self._status.show_text(
            "enter: every run continues the same text with the same decoders and seed"
        )
        prompt(self)

    def on_screen_resume(self) -> None:
        """Compare what is chosen and marked now."""
        self.form.load()
        super().on_screen_resume()

    def main_widget(self) -> Widget:
        """Return the text."""
        return self.form.prompt

    def widget_after_fields(self) -> Widget:
        """Return the first text that was written, or their place."""
        return self.board.reading_place()

    @on(RunChosen)
    def show_state(self) -> None:
        """Show what has changed of the runs that are compared."""
        self.names = self._compared()
        self.state.also_watched = self.names
        summaries = [self.state.summaries[name] for name in self.names]
        chosen = summaries[0] if summaries else None
        self.form.choose(chosen, self.state.opened(chosen.name) if chosen else None)
        if summaries != self._shown:
            self._shown = summaries
            self.summary_table.update(self._rows(summaries))
        if (which := self._named()) != self._which.content:
            self._which.update(which)
        if self.query("#compare-charts"):
            self._show_charts(summaries)

    def _compared(self) -> tuple[str, ...]:
        """Return the selected runs; beside one alone the newest of the same corpus."""
        selected = self.state.overlaid[:_MOST]
        if len(selected) > 1 or not selected:
            return selected
        mine = self.state.summaries[selected[0]]
        others = sorted(
            (s for s in self.state.summaries.values() if s.name != mine.name),
            key=lambda s: (s.corpus != mine.corpus, s.task != mine.task, -s.created),
        )
        return (mine.name, *(s.name for s in others[: _FEW - 1]))

    def _named(self) -> Text:
        """Return the runs in their colours, a mark at those that were marked, and how to choose."""
        text = Text()
        for name in self.names:
            text.append("▎", self._color_of(name)).append(visible(name), "bold")
            text.append("● " if name in self.state.selected else " ")
        has_marked = any(name in self.state.selected for name in self.names)
        which = "● marked" if has_marked else "chosen and newest"
        return text.append(f" {which}; F2, then space marks others", "dim")

    def _color_of(self, name: str) -> str:
        palette = self.state.appearance.palette
        r, g, b = palette[self.state.color_of(name) % len(palette)]
        return f"rgb({r},{g},{b})"

    def _rows(self, summaries: Sequence[RunSummary]) -> Table | Text:
        """Return the settings that differ, then the figures, a column a run."""
        opened = [self.state.opened(summary.name) for summary in summaries]
        runs = [run for run in opened if run is not None]
        summaries = [s for s, run in zip(summaries, opened, strict=True) if run is not None]
        if len(summaries) < 2:
            return Text("two runs are needed: start another one, or mark some in the lab", "dim")
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
        table.add_column("", no_wrap=True, min_width=15)
        for summary in summaries:
            title = Text.assemble(("▎", self._color_of(summary.name)), (summary.name, "bold"))
            table.add_column(title, overflow="fold")
        from rnnlab.settings.run_config import default_settings

        for row in rows_of(runs, summaries, default_settings()):
            values = (Text(visible(value, newline="⏎")) for value in row.values)
            table.add_row(Text(row.name.replace("_", " "), "dim"), *values)
        return table

    @work(group="charts", exclusive=True)
    async def _show_charts(self, summaries: Sequence[RunSummary]) -> None:
        """Draw the losses, a chart for each unit: those of letters and words have no common one."""
        groups = by_unit(summaries, self.names)
        if list(groups) != list(self._charts):
            box = self.query_one("#compare-charts", Vertical)
            self._charts = {}  # first: a newer call may end this one while it waits
            await box.remove_children()
            self._charts = {
                unit: ChartPane("loss", self.state, is_zoomable=False) for unit in groups
            }
            frames = [Vertical(chart, classes="unit") for chart in self._charts.values()]
            for frame, unit in zip(frames, groups, strict=True):
                frame.border_title = f"nats a {unit}"
            await box.mount_all(frames)
        for unit, names in groups.items():
            histories = self.state.named_histories(tuple(names))
            self._charts[unit].show(histories, "step", Viewport(), is_log=False)

    @on(PromptForm.Wanted)
    async def ask(self, message: PromptForm.Wanted) -> None:
        """Ask every run the same."""
        self.state.writing.history.add(message.request.prompt)
        for asker in self._askers:
            self.post_message(AskCancelled(asker))
        self._askers = []  # what they still say is of the columns that go
        self._specs = message.specs
        texts = [spec.text for spec in self._specs] or [""]
        titles = [f"{name} {text}".strip() for name in self.names for text in texts]
        await self.board.begin_best(titles)
        self._askers = [_Asker(self, number, name) for number, name in enumerate(self.names)]
        for asker in self._askers:
            is_classifier = self.state.summaries[asker.name].task == "classify"
            request = replace(
                message.request,
                run=asker.name,
                decoders=[] if is_classifier else message.request.decoders,
                unknown="nearest",
                has_trace=False,
            )
            self.post_message(Asked(asker, request))
        self._status.show_text(f"asking {len(self._askers)} runs…")

    @on(PromptForm.Said)
    def say_of_form(self, message: PromptForm.Said) -> None:
        """Say what the form has to say."""
        self._status.show_text(message.text, is_problem=message.is_problem)

    def take_reply(self, asker: _Asker, reply: Reply) -> None:
        """Show what one run has written."""
        if asker not in self._askers:
            return
        per_run = max(1, len(self._specs))
        match reply:
            case Started():
                for number in range(per_run):
                    self.board.set_source(asker.number * per_run + number, asker.name, reply.step)
            case Progress():
                number = asker.number * per_run + reply.decoder
                self.board.grow(number, reply.answers[:1], is_last=reply.is_last)
            case Failed():
                first = asker.number * per_run
                self.board.fail(reply.message, range(first, first + per_run))
            case Ended():
                self._say_how_many()
            case _:
                pass

    def _say_how_many(self) -> None:
        """Say how many runs have answered, and how many never will."""
        failed = [asker.name for asker in self._askers if asker.has_failed]
        answered = sum(asker.is_over and not asker.has_failed for asker in self._askers)
        cannot = f", {', '.join(failed)} cannot" if failed else ""
        self._status.show_text(
            f"{answered} of {len(self._askers)} runs have answered{cannot}; esc goes to the texts"
        )

    def fail(self, reason: str) -> None:
        """Say that nothing will come."""
        self._status.show_text(reason, is_problem=True)

    @property
    def is_task_running(self) -> bool:
        """Whether a run still writes."""
        return any(not asker.is_over for asker in self._askers)

    def stop_task(self) -> bool:
        """End what the runs still write."""
        was_writing = self.is_task_running
        for asker in self._askers:
            if not asker.is_over:
                self.post_message(AskCancelled(asker))
                asker.is_over = True
        return was_writing


SCREEN = Declaration(
    CompareScreen,
    key="f8",
    title="Compare",
    help="The chosen and the marked runs side by side",
    needs_run=True,
)
