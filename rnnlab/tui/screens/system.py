"""The system screen: processor, memory, disk, GPUs and the processes of the lab."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from rnnlab.base.display import size, visible
from rnnlab.tui.charts.actions import SCALES, in_charts
from rnnlab.tui.charts.load_chart import LoadChart
from rnnlab.tui.charts.screen import ChartsScreen
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.outside.machine import MachineRead
from rnnlab.tui.runs.actions import STEERING
from rnnlab.tui.runs.keeping import KEEPING
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.latest import run_latest
from rnnlab.tui.shell.pane_actions import pane_group
from rnnlab.tui.shell.panes import LEAST_COLUMNS, Pane
from rnnlab.tui.state.lab_state import LabState

_BAR = 24
_NAME = 14
"""Maximum number of columns of a name on a very narrow screen."""
_FULL = 0.9
"""Used fraction from which a bar is red."""


class Facts(VerticalScroll, can_focus=True):
    """A scrolling text."""


_PANES = (Pane("machine", "System", edge="bottom", least=6), Pane("machine-load", "Load"))


class SystemScreen(ChartsScreen):
    """A bar for each resource, a row for each process of the lab, and the load over time."""

    plots: LoadChart
    PANES = _PANES
    GROUPS: ClassVar = (
        STEERING, KEEPING, SCALES, in_charts("machine-load"), pane_group(_PANES), SCREENS,
        EVERYWHERE,
    )  # fmt: skip
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self._machine = state.outside.make_machine(state.store.root)
        self._read_at = 0.0
        self._body = Static("reading the machine's load…", markup=False)
        self.plots = LoadChart(state)

    def compose_body(self) -> ComposeResult:
        """Yield the text and the chart."""
        with Facts(id="machine", classes="pane") as facts:
            facts.border_title = "System"
            yield self._body
        yield self.plots

    def on_mount(self) -> None:
        """Focus the text, which scrolls."""
        self.query_one(Facts).focus()

    def show_state(self) -> None:
        """Read the load again if the last reading is more than `machine_every_s` seconds old."""
        if self.state.clock() - self._read_at > self.state.outside.machine_every_s:
            self._read_at = self.state.clock()
            run_latest(self, self._read, "machine")

    async def _read(self) -> None:
        here = socket.gethostname()
        processes = [("the lab", os.getpid())]
        processes += [
            (f"{s.name} ({s.state})", s.pid)
            for s in self.state.summaries.values()
            if s.pid and s.host == here
        ]
        # In a thread: to find the generator, psutil reads the list of all processes.
        read = await asyncio.to_thread(self._machine.read, processes)
        self._body.update(machine_text(read, self.size.width))
        if any(read.cores):  # the first read has no earlier one to compare with
            self.plots.add(read.time_s, fractions_of(read))


def fractions_of(read: MachineRead) -> dict[str, float]:
    """Return the fraction in use of every resource that the chart shows."""
    fractions = {
        "processor": sum(read.cores) / max(len(read.cores), 1),
        "memory": read.used_bytes / max(read.total_bytes, 1),
    }
    for number, gpu in enumerate(read.gpus):
        fractions[f"gpu {number}"] = gpu.utilisation
    return fractions


def machine_text(read: MachineRead, width: int) -> Table:
    """Return the load of the machine as a table with bars."""
    bar = max(6, min(_BAR, width - 72))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, max_width=_NAME if width < LEAST_COLUMNS else None)
    table.add_column(no_wrap=True)
    busy = sum(read.cores) / max(len(read.cores), 1)
    load = " ".join(f"{average:.2f}" for average in read.load)
    table.add_row("processor", _bar(busy, bar), f"{len(read.cores)} cores, load {load}")
    for number, fraction in enumerate(read.cores if len(read.cores) <= 16 else ()):
        table.add_row(Text(f"  core {number}", "dim"), _bar(fraction, bar), "")
    swap = f", {_gib(read.swap_used_bytes)} swapped" if read.swap_used_bytes else ""
    table.add_row(
        "memory", _bar(read.used_bytes / max(read.total_bytes, 1), bar),
        f"{_gib(read.used_bytes)} of {_gib(read.total_bytes)} used{swap}",
    )  # fmt: skip
    used = 1 - read.disk_free_bytes / max(read.disk_total_bytes, 1)
    in_bin = f", {size(read.bin_bytes)} in the bin" if read.bin_bytes else ""
    table.add_row(
        "disk", _bar(used, bar), f"{_gib(read.disk_free_bytes)} free on the runs' disk{in_bin}"
    )
    if not read.gpus:
        hint = "NVIDIA GPUs need: pip install rnnlab[gpu]"
        table.add_row("gpu", Text("none found", "dim"), Text(hint, "dim"))
    for gpu in read.gpus:
        table.add_row("gpu", _bar(gpu.utilisation, bar), f"{visible(gpu.name)}, {gpu.celsius} °C")
        table.add_row(
            Text("  memory", "dim"), _bar(gpu.used_bytes / max(gpu.total_bytes, 1), bar),
            f"{_gib(gpu.used_bytes)} of {_gib(gpu.total_bytes)}",
        )  # fmt: skip
    table.add_row("")
    table.add_row(Text("processes of the lab", "bold"))
    cores = max(len(read.cores), 1)
    for process in read.processes:
        table.add_row(
            Text(visible(process.what, newline=" ")), _bar(process.cores / cores, bar),
            f"{process.cores:.2f} cores, {process.held_bytes >> 20} MiB, pid {process.pid}",
        )  # fmt: skip
    return table


def _bar(fraction: float, width: int) -> Text:
    filled = round(min(max(fraction, 0.0), 1.0) * width)
    style = "red" if fraction >= _FULL else "green"
    rest = width - filled
    return Text.assemble(("█" * filled, style), ("─" * rest, "dim"), f" {fraction:>4.0%}")


def _gib(size_bytes: float) -> str:
    return f"{size_bytes / 2**30:.1f} GiB"


SCREEN = Declaration(
    SystemScreen,
    key="f10",
    go="s",
    title="System",
    help="Show processor, memory, disk, GPUs and the processes of the lab",
)
