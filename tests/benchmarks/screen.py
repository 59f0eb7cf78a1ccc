"""How the screen feels: first frame, four runs, a walk through tokens, 200 long runs, an hour.

`python tests/benchmarks/screen.py` starts the real app in pseudo-terminals and prints each figure
beside its target; with names of parts (`first-frame tokens`), only theirs. The rival of the first
frame is a Textual hello-world, the rival of a key on Tokens the echo of a bare Textual Input, each
measured in turns. CPU times are those of the app's threads, without its generator process.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Collection
from pathlib import Path

import psutil

from rnnlab.base.files import replace_text
from rnnlab.base.preferences import Preferences
from rnnlab.runs.journal import Journal
from rnnlab.runs.lock import take_lock
from rnnlab.runs.records import (
    EvalRecord,
    LayersRecord,
    Record,
    Status,
    TrainRecord,
    encode_status,
)
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig

SIZE = (120, 40)
ROUNDS = 7
SECONDS = 20.0
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("Hello, world")
Hello().run()
"""

FIELD = """
from textual.app import App
from textual.widgets import Input
class Field(App):
    def compose(self):
        yield Input("ready ")
Field().run()
"""


class Terminal:
    """A program in a pseudo-terminal, and what it has sent."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.started = time.perf_counter()
        self.sent = bytearray()
        environment = {
            **os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor",
            "XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config"),
            "RNNLAB_CHECKPOINTS": str(folder / "runs"),
        }  # fmt: skip
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))

    def read(self, seconds: float) -> bytes:
        """Return what comes first within so many seconds."""
        ready, _, _ = select.select([self._end], [], [], seconds)
        if not ready:
            return b""
        try:
            data = os.read(self._end, 1 << 16)
        except OSError:
            data = b""
        self.sent += data
        return data

    def until(self, text: bytes, seconds: float = 60.0) -> float:
        """Read until a text was sent; return the seconds since the start."""
        deadline = time.perf_counter() + seconds
        while text not in self.sent:
            self.read(0.2)
            if time.perf_counter() > deadline:
                raise SystemExit(f"waited in vain for {text!r}")
        return time.perf_counter() - self.started

    def cpu_s(self) -> float:
        """Return the CPU time that the program has taken, in seconds."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(file.read_text().split()[0]) for file in tasks) / 1e9

    def write(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._end, keys)

    def close(self) -> None:
        """End the program and what it has started."""
        for child in psutil.Process(self.pid).children(recursive=True):
            child.kill()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._end)


def lab(folder: Path) -> Terminal:
    return Terminal([sys.executable, "-m", "rnnlab"], folder)


def first_frame(folder: Path) -> None:
    """Print how long the lab takes to its first frame, against a hello-world in turns.

    That frame is an outline; beside it stands how long it takes until the runs are listed, and
    until the home screen has replaced the outline.
    """
    marks = {"first frame": b"Charts", "runs listed": b"starter", "home screen": b"greedy"}
    targets = {"first frame": " (target 1.5x)", "runs listed": " (target 1.5x)"}
    walls: dict[str, list[float]] = {name: [] for name in marks}
    cpus: dict[str, list[float]] = {name: [] for name in marks}
    for _ in range(ROUNDS):
        hello = Terminal([sys.executable, "-c", HELLO], folder)
        their_wall, their_cpu = hello.until(b"Hello, world"), hello.cpu_s()
        hello.close()
        terminal = lab(folder)
        for name, text in marks.items():
            walls[name].append(terminal.until(text) / their_wall)
            cpus[name].append(terminal.cpu_s() / their_cpu)
        terminal.close()
    for name in marks:
        wall, cpu = statistics.median(walls[name]), statistics.median(cpus[name])
        target = targets.get(name, "")
        print(f"{name} against a Textual hello-world: {wall:.2f}x, CPU {cpu:.2f}x{target}")


def add_run(store: RunStore, name: str, state: str, created: float) -> Run:
    run = store.create(name, RunConfig(corpus="stump").to_toml())
    status = Status(
        state=state, host=os.uname().nodename, created=created, step=1, train_loss=2.0,  # type: ignore[arg-type]
        heartbeat=time.time(), pid=os.getpid(),
    )  # fmt: skip
    replace_text(run.paths.status, encode_status(status))
    return run


def records(step: int) -> tuple[TrainRecord, LayersRecord]:
    loss = 1.0 + 3.0 / (1 + step / 200) + 0.1 * ((step * 7919) % 13) / 13
    norms: dict[str, float | None] = {f"cell.weight_ih_l{i}": 0.1 * i + loss / 9 for i in range(4)}
    return (
        TrainRecord(step, step / 100, step / 20, loss, 0.5, 0.9, 0.1, 0, 0.002, 51234.5),
        LayersRecord(step, norms),
    )


def streaming(folder: Path) -> None:
    """Print what the lab costs while four workers write 20 records a second each."""
    store = RunStore(folder / "runs")
    runs = [add_run(store, f"run-{i}", "running", float(i)) for i in range(4)]
    locks = [take_lock(run.paths.lock) for run in runs]
    journals = [Journal(run.paths.journal) for run in runs]
    is_over = threading.Event()

    def write() -> None:
        step = 0
        while not is_over.wait(0.1):
            step += 1
            for run, journal in zip(runs, journals, strict=True):
                journal.append(*records(step))  # two records each, ten times a second
                if step % 5 == 0:
                    status = Status(
                        state="running", host=os.uname().nodename, pid=os.getpid(), step=step,
                        heartbeat=time.time(), train_loss=records(step)[0].train_loss,
                    )  # fmt: skip
                    replace_text(run.paths.status, encode_status(status))

    writer = threading.Thread(target=write)
    writer.start()
    terminal = lab(folder)
    terminal.until(b"run-3")
    _drain(terminal, 8.0)
    terminal.write(b" j j j ")  # all four overlaid
    _drain(terminal, 4.0)
    before, cpu, began = len(terminal.sent), terminal.cpu_s(), time.perf_counter()
    _drain(terminal, SECONDS)
    elapsed = time.perf_counter() - began
    share = (terminal.cpu_s() - cpu) / elapsed
    rate = (len(terminal.sent) - before) / elapsed / 1000
    echoes = sorted(_echo(terminal, key) for _ in range(40) for key in (b"k", b"j"))
    is_over.set()
    writer.join()
    terminal.close()
    for lock in locks:
        assert lock is not None
        os.close(lock)
    print(f"four runs writing: {share:.1%} of one core (target 15 %)")
    print(f"four runs writing: {rate:.1f} kB a second to the terminal (target 15)")
    place = round(0.95 * (len(echoes) - 1))
    print(f"key echo, 95th percentile: {1000 * echoes[place]:.0f} ms (target 50)")


def _drain(terminal: Terminal, seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        terminal.read(0.05)


def _echo(terminal: Terminal, key: bytes) -> float:
    """Return the seconds from a key to the cursor's row, whose style the key changes."""
    while terminal.read(0.02):
        pass
    mark, began = len(terminal.sent), time.perf_counter()
    terminal.write(key)
    while not re.search(rb"run-\d", terminal.sent[mark:]):
        terminal.read(0.5)
        if time.perf_counter() - began > 5:
            raise SystemExit("a key was not echoed within 5 s")
    elapsed = time.perf_counter() - began
    time.sleep(0.05 + 0.1 * (hash((key, mark)) % 10) / 10)
    return elapsed


def tokens(folder: Path) -> None:
    """Print the time from a key to its frame on Tokens, against a bare Input's echo in turns.

    The cursor goes along a text, into new branches and back; each frame has the new distribution.
    """
    shutil.copytree(Path(__file__).parents[2] / "checkpoints/starter", folder / "runs/starter")
    field = Terminal([sys.executable, "-c", FIELD], folder)
    field.until(b"ready")
    terminal = lab(folder)
    terminal.until(b"starter")
    _drain(terminal, 8.0)  # the generator loads torch
    terminal.write(b"\x1b[15~")
    terminal.until(b"no text yet")
    terminal.write(b"Once upon a time, the cat that reads a book in the garden\r")
    terminal.until(b"at step")
    terminal.write(b"\x1b")
    _drain(terminal, 2.0)
    ours, theirs = [], []
    for number in range(80):
        # left and right along the text; at its end, right takes the most probable token
        key = b"h" if number % 16 < 6 else b"l"
        ours.append(_until_new(terminal, key, rb"token \d+ of|next token"))
        theirs.append(_until_new(field, b"%d" % (number % 10), b"%d" % (number % 10)))
    terminal.close()
    field.close()
    place = round(0.95 * (len(ours) - 1))
    our, their = sorted(ours)[place], sorted(theirs)[place]
    print(f"key to frame on Tokens, 95th percentile: {1000 * our:.0f} ms (target 50)")
    print(f"key to frame on Tokens against a bare Textual Input: {our / their:.2f}x")


def _until_new(terminal: Terminal, key: bytes, pattern: bytes) -> float:
    """Return the seconds from a key to the first frame that fits a pattern."""
    while terminal.read(0.1):
        pass
    mark, began = len(terminal.sent), time.perf_counter()
    terminal.write(key)
    while not re.search(pattern, terminal.sent[mark:]):
        terminal.read(0.5)
        if time.perf_counter() - began > 5:
            raise SystemExit(f"{key!r} brought no frame within 5 s")
    return time.perf_counter() - began


def many_runs(folder: Path) -> None:
    """Print what 200 runs of 50,000 records each cost."""
    store = RunStore(folder / "runs")
    journal = folder / "long.jsonl"
    with Journal(journal) as stream:
        for start in range(0, 25_000, 500):
            chunk = [record for step in range(start, start + 500) for record in records(step)]
            stream.append(*chunk[:990], EvalRecord(start, 1.0, 1.0, 2.0, True))
    for i in range(200):
        run = add_run(store, f"long-{i:03}", "finished", float(i))
        os.link(journal, run.paths.journal)
    terminal = lab(folder)
    frame = terminal.until(b"Charts")
    table = terminal.until(b"long-199")
    _drain(terminal, 5.0)
    memory = psutil.Process(terminal.pid).memory_info().rss / 2**20
    terminal.close()
    print(f"200 runs of 50,000 records: table {table - frame:.2f} s after the frame (target 1)")
    print(f"200 runs of 50,000 records: {memory:.0f} MiB (target 300)")
    print(f"opening one of them: {asyncio.run(_opening(store)):.2f} s (target 0.3)")


async def _opening(store: RunStore) -> float:
    """Return the median seconds from choosing a long run to its chart."""
    from rnnlab.tui.app import LabApp
    from rnnlab.tui.charts.chart_pane import ChartPane
    from rnnlab.tui.screens.lab import LabScreen

    app, times = LabApp(store), []
    async with app.run_test(size=SIZE) as pilot:
        page = app.page
        assert isinstance(page, LabScreen)
        while not page.table.row_count:
            await pilot.pause(0.05)
        await pilot.pause(3.0)
        pane = page.query_one("#plot-loss", ChartPane)
        for _ in range(8):
            await pilot.pause(0.4)
            began = time.perf_counter()
            page.table.action_cursor_down()
            await asyncio.sleep(0)
            chosen = page.table.chosen
            assert chosen is not None
            while pane.names_drawn != {chosen.name} or "train" not in pane.text:
                await asyncio.sleep(0.002)
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def an_hour(folder: Path) -> None:
    """Print how the app's memory grows over an hour of records, told and drawn at speed."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import screen; screen.stream_an_hour()"
    environment = {**os.environ, "RNNLAB_CHECKPOINTS": str(folder / "runs")}
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    subprocess.run(command, check=True, env=environment)


def stream_an_hour() -> None:
    """Let the app read an hour of four runs, all overlaid, ten seconds at every look."""
    from rnnlab.runs.journal import JournalChunk
    from rnnlab.tui.app import LabApp
    from rnnlab.tui.charts.chart_pane import ChartPane
    from rnnlab.tui.outside import Outside
    from rnnlab.tui.outside.polling import RunPoller, RunsRead

    store, sizes = RunStore.default(), []
    names = [f"run-{i}" for i in range(4)]
    runs = [add_run(store, name, "running", float(i)) for i, name in enumerate(names)]
    locks = [take_lock(run.paths.lock) for run in runs]
    assert None not in locks
    seconds = 0

    class Hour(RunPoller):
        """Records of the next ten seconds, ten a second and run, each with its layers."""

        def read(self, watched: Collection[str]) -> RunsRead:
            nonlocal seconds
            read = super().read(watched)
            is_all_watched = set(names) <= set(watched)
            if not is_all_watched or seconds == 3600:
                return read
            steps = range(10 * seconds, 10 * seconds + 100)
            seconds += 10
            if seconds % 60 == 0:
                sizes.append(psutil.Process().memory_info().rss / 2**20)
            told: list[Record] = [record for step in steps for record in records(step)]
            return read._replace(news=dict.fromkeys(names, JournalChunk(told, is_restart=False)))

    async def stream() -> None:
        app = LabApp(
            store,
            preferences=Preferences(refresh_s=0.001),
            clock=lambda: float(seconds),
            outside=Outside(make_poller=Hour),
        )
        async with app.run_test(size=SIZE):
            while not app.state.summaries:
                await asyncio.sleep(0.01)
            app.state.selected = tuple(names)
            while seconds < 3600:
                await asyncio.sleep(0.1)
            assert "run-0" in app.screen.query_one("#plot-loss", ChartPane).text, "it is drawn"

    asyncio.run(stream())
    print(
        f"memory after 10, 30 and 60 minutes of streaming: "
        f"{sizes[9]:.0f}, {sizes[29]:.0f}, {sizes[-1]:.0f} MiB (target: no growth)"
    )


PARTS = {
    part.__name__.replace("_", "-"): part
    for part in (first_frame, streaming, tokens, many_runs, an_hour)
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory() as name:
            PARTS[part](Path(name))
