"""Runs side by side: settings that differ, figures, curves, and answers to one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static, TextArea

from rnnlab.base.display import visible
from rnnlab.protocol.messages import Ended, Failed, Progress, Reply, Started
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.charts.actions import ORDER, SCALES, in_grid
from rnnlab.tui.charts.plot_grid import PlotGrid
from rnnlab.tui.charts.screen import GridScreen
from rnnlab.tui.compare.table import ComparisonTable
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import AskCancelled, Asked, RunChosen
from rnnlab.tui.prompting.actions import CANDIDATES, PAGES, PROMPTING, prompt
from rnnlab.tui.prompting.asker import Asker, stale_answers
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.prompting.screen import PromptingScreen
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.latest import run_latest
from rnnlab.tui.shell.pane_actions import pane_group
from rnnlab.tui.shell.panes import Pane
from rnnlab.tui.shell.status_line import StatusLine
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.prompt_session import PromptRequest
from rnnlab.tui.state.weights import weights_of

_MOST, _FEW = 12, 3
"""Maximum number of runs to compare, and the number if no run is selected."""
_LEAST_COLUMNS, _LEAST_ROWS = 100, 20
"""Size of a screen from which the curves are next to the table, or below it."""
_HOW_TO_BEGIN = "press enter: every run continues the same text with the same decoders and seed"
_PANES = (
    Pane("compare-table", "Table", edge="right", least=30, narrow_edge="bottom"),
    Pane("compare-charts", "Curves"),
    Pane("compare-texts", "Texts", edge="top", least=6),
)


class CompareScreen(PromptingScreen, GridScreen):
    """The chosen run and the selected ones, two to twelve."""

    PANES = _PANES
    GROUPS: ClassVar = (
        ORDER, SCALES, in_grid("compare-charts"), PROMPTING, PAGES, CANDIDATES, pane_group(_PANES),
        SCREENS, EVERYWHERE,
    )  # fmt: skip
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.form = PromptForm(self.session, is_of_all=True)
        self.board = CandidateBoard()
        self.names: tuple[str, ...] = ()
        """The runs to compare."""
        self.table = ComparisonTable()
        self._texts = Vertical(id="compare-texts", classes="prompting -empty")
        self._which = Static(id="compare-runs", markup=False)
        self.status = StatusLine("compare-status")
        self.plots = PlotGrid(state, "compare-charts")
        self._askers: list[Asker] = []
        self._request: PromptRequest | None = None
        """The request that the runs were asked last."""
        self._hidden_frames: dict[int, Progress] = {}
        """Column -> newest frame for it that arrived while another screen was visible."""
        self._shown: object = None

    def compose_body(self) -> ComposeResult:
        """Lay out the names of the runs, then the table and the curves, then the texts."""
        yield self._which
        with Horizontal(id="compare-upper", classes="panes"):
            yield self.table
            yield self.plots
        with self._texts:
            self._texts.border_title = "The same text, continued"
            yield self.form
            yield self.status
            yield self.board

    def has_room_for(self, pane: str) -> bool:
        """Return False for the curves on a narrow screen that shows texts, or on a very low one."""
        width, height = self.app.size
        is_crowded = not self._texts.has_class("-empty") or height < _LEAST_ROWS
        return pane != "compare-charts" or width >= _LEAST_COLUMNS or not is_crowded

    def _show_texts(self, *, are_shown: bool) -> None:
        """Give the texts their room, or give it back to the curves."""
        self._texts.set_class(not are_shown, "-empty")
        self.panes.apply()

    def on_mount(self) -> None:
        """Show how to begin."""
        self.status.show_text(_HOW_TO_BEGIN)
        prompt(self)

    def resumed(self) -> None:
        """Draw the newest frames that arrived while another screen was visible."""
        super().resumed()
        self._draw_hidden_frames()

    def _draw_hidden_frames(self) -> None:
        for number, frame in self._hidden_frames.items():
            self.board.grow(number, frame.answers[:1], is_last=frame.is_last)
        self._hidden_frames.clear()

    @on(RunChosen)
    def show_state(self) -> None:
        """Show the current figures and curves of the runs to compare."""
        names = self._compared()
        if names != self.names:
            self.names = names
            self._drop_texts()
        self.state.also_watched = self.names
        summaries = [self.state.summaries[name] for name in self.names]
        self.choose_run(summaries[0] if summaries else None)
        if summaries != self._shown:
            self._shown = summaries
            self._show_table(summaries)
        if (which := self._named()) != self._which.content:
            self._which.update(which)
        self.plots.show(self.state.named_histories(self.names))
        self.mark_stale()

    @on(Input.Changed)
    @on(TextArea.Changed)
    def mark_stale(self) -> None:
        """Dim the answers to other fields than those shown, and those of older weights."""
        origin, stale = "", None
        if self._request is not None and self._askers and not self.is_task_running:
            origin, stale = stale_answers(
                self._askers, self._request, self.form.decoders(), self.state
            )
        if self.board.mark_stale(origin, stale):
            self.show_status()

    def _compared(self) -> tuple[str, ...]:
        """Return the chosen and selected runs; if this is one run, add the two most similar runs.

        Runs on the same corpus are the most similar, then runs of the same task, then the newest.
        """
        selected = self.state.overlaid[:_MOST]
        if len(selected) > 1 or not selected:
            return selected
        chosen = self.state.summaries[selected[0]]
        others = sorted(
            (s for s in self.state.summaries.values() if s.name != chosen.name),
            key=lambda s: (s.corpus != chosen.corpus, s.task != chosen.task, -s.created),
        )
        return (chosen.name, *(s.name for s in others[: _FEW - 1]))

    def _named(self) -> Text:
        """Return the coloured names, with a dot at selected runs, and the keys that select."""
        text = Text()
        for name in self.names:
            text.append_text(self._badge(name)).append(visible(name), "bold")
            text.append("● " if name in self.state.selected else " ")
        has_selected = any(name in self.state.selected for name in self.names)
        which = "● selected" if has_selected else "chosen and similar runs"
        how = "press F2, then space to select others"
        if self.app.size.width < _LEAST_COLUMNS:
            which, how = which.removeprefix("chosen and "), "F2, space: others"
        text.append(f" {which}; {how}", "dim")
        left_out = self.state.overlaid[_MOST:]
        if left_out:
            names = visible(", ".join(left_out), newline=" ")
            text.append(f"; not compared, {_MOST} at most: {names}", "bold")
        return text

    def _badge(self, name: str) -> Text:
        """Return the letter of a run in its colour, as in the list and in the charts."""
        return Text(f"▎{self.state.letter_of(name)} ", f"bold {self.state.rgb_of(name)}")

    def _show_table(self, summaries: Sequence[RunSummary]) -> None:
        """Show the settings that differ and the figures, one column per run."""
        opened = [self.state.opened(summary.name) for summary in summaries]
        runs = [run for run in opened if run is not None]
        summaries = [s for s, run in zip(summaries, opened, strict=True) if run is not None]
        if len(summaries) < 2:
            self.table.show_text("two runs are needed; press n to start another one")
            return
        titles = [Text.assemble(self._badge(s.name), (visible(s.name), "bold")) for s in summaries]
        run_latest(self, partial(self.table.fill, titles, runs, summaries), "table")

    async def submit(self, request: PromptRequest) -> None:
        """Send the request to every run."""
        self.session.history.add(request.prompt)
        self._cancel()
        self._request = request
        titles: list[str] = []
        askers: list[Asker] = []
        for name in self.names:
            is_classifier = self.state.summaries[name].task == "classify"
            texts = ["classes"] if is_classifier else [spec.text for spec in request.specs]
            askers.append(Asker(self, name, range(len(titles), len(titles) + len(texts))))
            titled = f"{self.state.letter_of(name)} {name}".strip()
            titles += [f"{titled} {text}" for text in texts]
        self._show_texts(are_shown=True)
        await self.board.begin_best(titles)
        self._askers = askers
        for asker in self._askers:
            is_classifier = self.state.summaries[asker.name].task == "classify"
            specs = () if is_classifier else request.specs
            own = replace(request, run=asker.name, specs=specs, unknown="nearest", has_trace=False)
            self.post_message(Asked(asker, asker.name, own.question))
        self.status.show_text(f"asking {len(self._askers)} runs…")

    @work(group="texts", exclusive=True)
    async def _drop_texts(self) -> None:
        """Remove the texts of the runs that were compared before."""
        if self._askers:
            self._cancel()
            await self.board.begin_best(())
            self._show_texts(are_shown=False)
            self.status.show_text(_HOW_TO_BEGIN)

    def _cancel(self) -> None:
        """Cancel all requests; late replies are ignored: their columns are being removed."""
        for asker in self._askers:
            self.post_message(AskCancelled(asker))
        self._askers = []
        self._hidden_frames.clear()

    def show_reply(self, asker: Asker, reply: Reply) -> None:
        """Show a reply about one run."""
        if asker not in self._askers:
            return
        match reply:
            case Started():
                weights = weights_of(reply.step, self.state.summaries.get(asker.name))
                for number in asker.columns:
                    self.board.set_source(number, asker.name, reply.step, weights)
            case Progress():
                number = asker.columns[reply.decoder]
                if self.is_shown:
                    self.board.grow(number, reply.answers[:1], is_last=reply.is_last)
                else:
                    self._hidden_frames[number] = reply
            case Failed():
                self._draw_hidden_frames()  # a frame drawn later would replace the error
                self.board.fail(reply.message, asker.columns)
            case Ended():
                self.mark_stale()
                self.show_status()
            case _:
                pass

    def show_status(self) -> None:
        """Show how many runs have answered and which ones failed, or why answers are stale."""
        if self.board.origin or not self._askers:
            self.status.show_text(self.board.origin or _HOW_TO_BEGIN)
            return
        failed = [asker.name for asker in self._askers if asker.has_failed]
        answered = sum(asker.has_answered for asker in self._askers)
        cannot = f"; no answer from {', '.join(failed)}" if failed else ""
        if any(asker.is_cancelled for asker in self._askers):
            cannot += "; the others were cancelled"
        self.status.show_text(
            f"{answered} of {len(self._askers)} runs have answered{cannot}; esc: texts"
        )

    @property
    def is_task_running(self) -> bool:
        """True while a run is writing."""
        return any(not asker.is_over for asker in self._askers)

    def stop_task(self) -> bool:
        """Cancel the requests of all runs; return True if one was writing."""
        writing = [asker for asker in self._askers if not asker.is_over]
        for asker in writing:
            self.post_message(AskCancelled(asker))
            asker.is_over = asker.is_cancelled = True
        if writing:
            self.call_later(self.board.drop_empty)
            self.mark_stale()
            self.show_status()
        return bool(writing)


SCREEN = Declaration(
    CompareScreen,
    key="f8",
    go="c",
    title="Compare",
    short="Comp",
    help="Compare the chosen run with the selected runs",
    needs_run=True,
)
