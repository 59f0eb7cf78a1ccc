"""The timeline: move along the loss curve and read the samples of each step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import HorizontalScroll
from textual.widget import Widget
from textual.widgets import Static

from rnnlab.base.display import loss, visible
from rnnlab.plots import places
from rnnlab.runs.history import MOST_RECORDS, History
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.records import SampleRecord
from rnnlab.runs.run import Run
from rnnlab.runs.samples import Round, losses_at, rounds_of
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.charts.actions import ORDER, SCALES, zooming
from rnnlab.tui.charts.sampled_grid import SampledGrid
from rnnlab.tui.charts.screen import GridScreen
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.runs.pick_run import RUN_CHOICE
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.latest import run_latest
from rnnlab.tui.shell.pane_actions import pane_group
from rnnlab.tui.shell.panes import Pane
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.timeline.sample import TimelineSample, why_empty

_READ_BYTES = 1 << 22
"""Maximum bytes of samples per read: decoded records reach the screen bit by bit."""
_MIN_WIDTH = 24


def _mover(by: int) -> Callable[[TimelineScreen], None]:
    def move(screen: TimelineScreen) -> None:
        screen.move(by)

    return move


def _first(screen: TimelineScreen) -> None:
    screen.go_to(0)


def _live(screen: TimelineScreen) -> None:
    screen.go_to(None)


def _copy(screen: TimelineScreen) -> None:
    sample = screen.sample_read()
    if sample is None:
        screen.toast("there is no sample to copy", "warning")
    else:
        screen.copy(sample.prompt + sample.text)


def _ask(screen: TimelineScreen) -> None:
    screen.prompt_then()


_ALONG = Group["TimelineScreen"](
    "Along the curve",
    (
        Action("left,h", "before", _mover(-1), "Previous", "Show the previous samples", True, "←"),
        Action("right,l", "after", _mover(1), "Next", "Show the next samples", True, "→"),
        Action(
            "shift+left,H", "far-before", _mover(-10), "Far left", "Go back 10 rounds of samples"
        ),
        Action(
            "shift+right,L", "far-after", _mover(10), "Far right",
            "Go forward 10 rounds of samples",
        ),
        Action("home", "first", _first, "First", "Show the first samples (those before training)"),
        Action("end", "newest", _live, "Newest", "Follow the newest samples", True),
        Action("enter", "ask", _ask, "Prompt", "Prompt the checkpoint nearest to this step", True),
        Action("c", "copy", _copy, "Copy", "Copy the focused sample"),
    ),
)  # fmt: skip
_PANES = (
    Pane("timeline-charts", "Curve"),
    Pane("samples", "Samples", edge="top", least=5),
)


class TimelineScreen(GridScreen):
    """The loss curve with a cursor, and below it the samples of the cursor's step."""

    PANES = _PANES
    GROUPS: ClassVar = (
        _ALONG, ORDER, SCALES, zooming("timeline-charts"), RUN_CHOICE, pane_group(_PANES),
        SCREENS, EVERYWHERE,
    )  # fmt: skip
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.plots = SampledGrid(state, self.move, self.go_to_nearest)
        self.rounds: list[Round] = []
        self.place: int | None = None
        """Index in `rounds` of the round that is shown; None to follow the newest round."""
        self._status = Static(id="timeline-status", markup=False)
        self._box = HorizontalScroll(id="samples", can_focus=False)
        self._why_empty = Static(id="no-samples", markup=False)
        self._columns: list[TimelineSample] = []
        self._run: Run | None = None
        self._tail: JournalTail | None = None
        self._is_reading = False
        self._history = History()
        self._shown_where = Text()
        self._shown: object = None

    def compose_body(self) -> ComposeResult:
        """Yield the curve, the status line and the samples."""
        yield self.plots
        yield self._status
        yield self._why_empty
        yield self._box

    def on_mount(self) -> None:
        """Focus the curve."""
        self.plots.focus()

    @on(RunChosen)
    def show_state(self) -> None:
        """Read the new samples, and show them if the newest ones are followed."""
        chosen = self.state.chosen
        run = self.state.opened(chosen.name) if chosen is not None else None
        if chosen is None or run is None:
            return
        if run != self._run or self._tail is None:
            self._run, self.place, self._history = run, None, History(most=MOST_RECORDS)
            self.rounds = []
            self._tail = JournalTail(run.paths.samples)
        if not self._is_reading:
            self._is_reading = True
            run_latest(self, partial(self._read, self._tail), "reading")
        self._show(chosen)

    async def _read(self, tail: JournalTail) -> None:
        """Read the next samples in a thread: a slow disk must not block the keys."""
        try:
            chunk = await asyncio.to_thread(tail.read, _READ_BYTES)
        finally:
            self._is_reading = False
        if not self.is_attached:
            return
        if tail is not self._tail:  # another run has been chosen meanwhile
            self.show_state()
            return
        version = self._history.version
        self._history.add(chunk)
        if self._history.version != version:
            self.rounds = list(rounds_of(self._history.samples))
            if self.state.chosen is not None:
                self._show(self.state.chosen)

    def main_widget(self) -> Widget:
        """Return the curve."""
        return self.plots

    @property
    def shown(self) -> Round | None:
        """The round under the cursor; None if there are no samples."""
        if not self.rounds:
            return None
        return self.rounds[-1 if self.place is None else min(self.place, len(self.rounds) - 1)]

    def sample_read(self) -> SampleRecord | None:
        """Return the focused sample, or the first one of the round; None without samples."""
        focused = self.focused
        if isinstance(focused, TimelineSample) and focused.record is not None:
            return focused.record
        return self.shown.samples[0] if self.shown is not None else None

    def move(self, by: int) -> None:
        """Move by a number of rounds; beyond the last one, follow the newest."""
        if self.rounds:
            last = len(self.rounds) - 1
            place = (last if self.place is None else self.place) + by
            self.go_to(None if place > last else max(0, place))

    def go_to(self, place: int | None) -> None:
        """Show a round; None follows the newest."""
        self.place = place
        if self.state.chosen is not None:
            self._show(self.state.chosen)

    def go_to_nearest(self, x: float) -> None:
        """Show the round nearest to a position of the x axis."""
        if self.rounds:
            xs = self._positions(*self.rounds)
            nearest = min(range(len(xs)), key=lambda place: abs(xs[place] - x), default=None)
            self.go_to(None if nearest == len(xs) - 1 else nearest)

    def _positions(self, *rounds: Round) -> list[float]:
        """Return the positions of rounds on the x axis."""
        history = self.state.history(self._run.name if self._run is not None else "")
        return places(history, [samples.step for samples in rounds], self.plots.axis)

    def prompt_then(self) -> None:
        """Open the prompt screen with the checkpoint of the round and the prompt of the sample."""
        chosen, shown, sample = self.state.chosen, self.shown, self.sample_read()
        if chosen is None or shown is None or sample is None:
            self.toast("this run has no sample to take a prompt from", "warning")
            return
        fields, toast = self.state.session.fields, ""
        if sample.prompt:
            fields.prompt = sample.prompt
        steps = self.state.stored(chosen.name).steps
        if shown.step in steps:
            fields.checkpoints[chosen.name] = str(shown.step)
        else:
            nearest = min(steps, key=lambda step: abs(step - shown.step), default=None)
            fields.checkpoints[chosen.name] = "last" if nearest is None else str(nearest)
            toast = f"no checkpoint of step {shown.step:,}; the nearest is {nearest}"
        self.open_screen("prompt", toast=toast)

    def _show(self, chosen: RunSummary) -> None:
        shown = self.shown
        self.plots.show(self.state.named_histories((chosen.name,)))
        at = [] if shown is None or self.place is None else self._positions(shown)
        self.plots.point_at(at[0] if at else None)
        where = self._where(chosen, shown)
        if where != self._shown_where:  # the losses follow once the journal has been read
            self._shown_where = where
            self._status.update(where, layout=False)
        key = (chosen.name, shown, self.place is None, len(self.rounds))
        if key != self._shown:
            self._shown = key
            if self.is_mounted:
                self.show_samples(shown)

    def _where(self, chosen: RunSummary, shown: Round | None) -> Text:
        """Return the status line: step and losses at the cursor."""
        name = visible(chosen.name)
        if shown is None:
            return Text.assemble((name, "bold"), ("  has no samples", "dim"))
        train_loss, val_loss = losses_at(self.state.history(chosen.name), shown.step)
        place = len(self.rounds) if self.place is None else self.place + 1
        is_live = self.place is None and chosen.is_active
        state = "live" if is_live else "newest" if self.place is None else "frozen"
        return Text.assemble(
            (name, "bold"),
            f"  step {shown.step:,}, epoch {shown.epoch:.2f}, train {loss(train_loss)}, "
            f"val {loss(val_loss)}",
            (f"  {place}/{len(self.rounds)} {state}", "dim"),
        )

    @work(group="samples", exclusive=True)
    async def show_samples(self, shown: Round | None) -> None:
        """Show a column per sample; reuse the columns if their number has not changed."""
        samples = shown.samples if shown is not None else ()
        self._why_empty.display = shown is None
        self._box.display = shown is not None  # else the curve gets its place
        if shown is None and self.state.chosen is not None:
            self._why_empty.update(why_empty(self.state.chosen))
        if len(samples) != len(self._columns):
            self._columns = []  # before the await: a newer call may cancel this one there
            await self._box.remove_children()
            self._columns = [TimelineSample() for _ in samples]
            await self._box.mount_all(self._columns)
            self._divide_width()
        for column, record in zip(self._columns, samples, strict=True):
            column.show(record)

    def on_resize(self) -> None:
        """Divide the new width among the columns."""
        super().on_resize()
        self._divide_width()

    def _divide_width(self) -> None:
        width = self.size.width // max(1, len(self._columns))
        for column in self._columns:
            column.styles.width = max(_MIN_WIDTH, width)


SCREEN = Declaration(
    TimelineScreen,
    key="f6",
    go="m",
    title="Timeline",
    short="Time",
    help="Read a run's samples along its loss curve",
    needs_run=True,
)
