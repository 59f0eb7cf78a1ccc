"""Home: the runs, their charts, the prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static

from rnnlab.display import visible
from rnnlab.errors import RnnlabError
from rnnlab.plots import NamedHistory
from rnnlab.runs import steer
from rnnlab.runs.history import History
from rnnlab.runs.records import State
from rnnlab.runs.store import Run, RunStore
from rnnlab.tui.actions import LAB, bindings
from rnnlab.tui.feed import RunsRead
from rnnlab.tui.messages import PromptCancelled, RunChosen
from rnnlab.tui.screens.choice import ChoiceScreen
from rnnlab.tui.screens.decoders import DecodersScreen
from rnnlab.tui.screens.help import HelpScreen
from rnnlab.tui.widgets.candidates import Candidate
from rnnlab.tui.widgets.details import Details
from rnnlab.tui.widgets.plot_grid import PlotGrid
from rnnlab.tui.widgets.prompt_pane import PromptPane
from rnnlab.tui.widgets.runs_table import RunsTable

_NOTHING_YET = History()
"""Stands for a run whose journal is still to be read."""
_PANES = ("runs", "plots", "prompt-pane", "details")


class LabScreen(Screen[None]):
    """Runs at the left, charts in the centre, the prompt below, details at the right."""

    BINDINGS = [*bindings(LAB)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]

    def __init__(self, store: RunStore, data: Path | None) -> None:
        super().__init__()
        self.store = store
        self._data = data
        self._histories: dict[str, History] = {}
        self._states: dict[str, State] = {}
        self._marked: tuple[str, ...] = ()
        self._title_line = Static("rnnlab", id="title", markup=False)
        self.table = RunsTable()
        self.plots = PlotGrid()
        self.details = Details()
        self.pane = PromptPane()

    def compose(self) -> ComposeResult:
        """Lay the panes out."""
        yield self._title_line
        with Horizontal(id="upper"):
            yield self.table
            yield self.plots
            yield self.details
        yield self.pane
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin at the runs."""
        self.table.focus()

    @property
    def watched(self) -> tuple[str, ...]:
        """Runs whose curves are on the charts, the chosen one first."""
        chosen = self.table.chosen
        return tuple(dict.fromkeys([*([chosen.name] if chosen else []), *self._marked]))

    def get_system_commands(self) -> Iterable[SystemCommand]:
        """Offer every action in the palette."""
        for group in LAB:
            for action in group.actions:
                yield SystemCommand(action.label, action.help, self._runner(action.name))

    def _runner(self, action: str) -> Callable[[], None]:
        def run() -> None:
            self.call_later(self.run_action, f"screen.{action}")

        return run

    # News

    def take(self, read: RunsRead) -> None:
        """Show what the feed has read."""
        self.table.show(read.summaries)
        # Exactly those that the feed still follows: it gives what is new to what is here.
        self._histories = {name: self._histories.get(name) or History() for name in read.news}
        for name, news in read.news.items():
            self._histories[name].take(news)
        self._announce(read)
        self._show_chosen()

    def _announce(self, read: RunsRead) -> None:
        """Say in the title how many train, and tell of runs that have ended."""
        active = [s for s in read.summaries if s.is_active]
        total = f"{len(read.summaries)} run{'s' * (len(read.summaries) != 1)}"
        title = f"rnnlab   {len(active)} training, {total} in {visible(str(self.store.root))}"
        if title != self._title_line.content:
            self._title_line.update(title, layout=False)
        for s in read.summaries:
            before = self._states.get(s.name)
            if before is not None and before != s.state:
                if s.state in ("failed", "lost"):
                    self._tell(f"{s.name} {s.state}: {s.reason}", "error")
                elif s.state in ("finished", "stopped", "paused"):
                    self._tell(f"{s.name} is {s.state}")
        self._states = {s.name: s.state for s in read.summaries}

    @on(RunChosen)
    def choose(self, message: RunChosen) -> None:
        """Show another run."""
        self._marked = message.marked
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.table.chosen
        histories = [
            NamedHistory(
                name,
                self.table.color_of(name),
                self._histories.get(name, _NOTHING_YET),
                self._clip(name),
            )
            for name in self.watched
        ]
        self.plots.show(histories)
        self.pane.choose(chosen)
        history = self._histories.get(chosen.name) if chosen else None
        self.details.show(chosen, history)

    def _clip(self, name: str) -> float | None:
        summary = self.table.summary(name)
        return summary.clip if summary is not None else None

    # Actions on runs

    @work
    async def action_new_run(self) -> None:
        """Open the form."""
        from rnnlab.corpora import corpus_names
        from rnnlab.tui.screens.new_run import NewRunScreen

        form = NewRunScreen(self.store, self._data, corpus_names(self._data))
        name = await self.app.push_screen_wait(form)
        if name is not None:
            self._tell(f"{name} is starting; it goes on when you leave")
            self.table.expect(name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave enter to whoever has the focus, except in the table of runs."""
        return action != "prompt" or self.focused is self.table

    def action_prompt(self) -> None:
        """Go to the prompt."""
        self.pane.display = True
        self.pane.focus_prompt()

    @on(DataTable.RowSelected)
    def prompt_row(self) -> None:
        """Enter on a run goes to the prompt."""
        self.action_prompt()

    def action_mark(self) -> None:
        """Mark the chosen run."""
        self.table.toggle_mark()

    def action_pause(self) -> None:
        """Pause, or wake."""
        chosen = self.table.chosen
        is_paused = chosen is not None and chosen.state == "paused"
        self._steer(steer.resume if is_paused else steer.pause)

    def action_resume(self) -> None:
        """Go on."""
        self._steer(steer.resume)

    def action_stop(self) -> None:
        """Save and end."""
        self._steer(steer.stop)

    def action_checkpoint(self) -> None:
        """Save now."""
        self._steer(steer.checkpoint)

    @work
    async def action_delete(self) -> None:
        """Delete the chosen run, after asking."""
        chosen = self.table.chosen
        if chosen is None:
            return
        question = f"Delete {chosen.name} for good, with its checkpoints?"
        answers = [("cancel", "Keep it"), ("delete", "Delete it")]
        if await self.app.push_screen_wait(ChoiceScreen(question, answers)) == "delete":
            await self._do(self._remove, chosen.name)

    def _remove(self, run: Run) -> str:
        self.store.remove(run)
        return f"{run.name} is gone"

    def _steer(self, act: Callable[[Run], str]) -> None:
        """Do something with the chosen run and tell what came of it."""
        chosen = self.table.chosen
        if chosen is None:
            self._tell("no run is chosen; n starts one", "warning")
        else:
            self.run_worker(self._do(act, chosen.name))

    async def _do(self, act: Callable[[Run], str], name: str) -> None:
        """Do something with a run, in a thread: it may wait for a worker that is just ending."""
        try:
            self._tell(await asyncio.to_thread(lambda: act(self.store.open(name))))
        except RnnlabError as error:
            self._tell(str(error), "warning")

    # Actions on the view

    def action_next_chart(self) -> None:
        """Show the next chart first."""
        self.plots.next_chart()

    def action_axis(self) -> None:
        """Change the axis."""
        self._tell(f"along the charts: {self.plots.next_axis()}")

    def action_log(self) -> None:
        """Switch logarithmic heights."""
        is_log = self.plots.toggle_log()
        self._tell("logarithmic heights" if is_log else "linear heights")

    def action_letters(self) -> None:
        """Show letters with log-probs, or the text."""
        self.pane.board.toggle_letters()

    def action_copy(self) -> None:
        """Copy a continuation."""
        answer = self.pane.board.focused_answer()
        if answer is None:
            self._tell("there is no continuation to copy", "warning")
            return
        self.app.copy_to_clipboard(answer.text)
        self._tell(f"copied {len(answer.text)} letters (in tmux: set-clipboard on)")

    @work
    async def action_decoders(self) -> None:
        """Choose decoders from a list."""
        specs = self.query_one("#decoders", Input).value.split()
        chosen = await self.app.push_screen_wait(DecodersScreen(specs))
        if chosen:
            self.pane.set_decoders(chosen)

    def action_full(self) -> None:
        """Show the focused pane alone, or all again."""
        pane = self._focused_pane()
        is_full = self.has_class("-full")
        self._leave_full()
        if pane is not None and not is_full:
            self.add_class("-full", f"-full-{pane}")

    def action_toggle_pane(self, pane: str) -> None:
        """Show or hide a pane; its display is then the user's choice."""
        is_alone = self.has_class(f"-full-{pane}")
        self._leave_full()
        if pane == "details" and not self.has_class("-wide"):
            # Beside the charts there is no room for it: it comes alone, and goes again.
            if not is_alone:
                self.add_class("-full", "-full-details")
            return
        widget = self.query_one(f"#{pane}")
        widget.display = not widget.display

    def action_reset_layout(self) -> None:
        """Show what there is room for."""
        self._leave_full()
        for pane in (self.table, self.plots, self.pane):
            pane.display = True
        self.details.display = self.has_class("-wide")

    def action_out(self) -> None:
        """Cancel what is being written, leave full screen, go back to the runs."""
        self.post_message(PromptCancelled())
        if self.has_class("-full"):
            self._leave_full()
        elif isinstance(self.focused, Candidate):
            self.pane.focus_prompt()
        else:
            self.set_focus(self.table)

    def action_help(self) -> None:
        """Show the keys."""
        self.app.push_screen(HelpScreen(LAB))

    @work
    async def action_quit_lab(self) -> None:
        """Leave; ask when something trains."""
        active = [name for name, state in self._states.items() if state in ("running", "starting")]
        if active:
            question = f"{', '.join(active)}: training goes on without the lab."
            answers = [("leave", "Leave running"), ("stop", "Save and stop"), ("cancel", "Cancel")]
            answer = await self.app.push_screen_wait(ChoiceScreen(question, answers))
            if answer == "cancel":
                return
            if answer == "stop":
                for name in active:
                    await self._do(steer.stop, name)
        self.app.exit()

    def _leave_full(self) -> None:
        self.remove_class("-full", *(f"-full-{pane}" for pane in _PANES))

    def _focused_pane(self) -> str | None:
        if self.focused is None:
            return None
        ids = {widget.id for widget in self.focused.ancestors_with_self}
        return next((pane for pane in _PANES if pane in ids), None)

    def _tell(self, message: str, severity: str = "information") -> None:
        self.notify(message, severity=severity, markup=False, timeout=4)  # type: ignore[arg-type]
