"""A lab in which nothing is left to chance: runs, answers, machine, corpora and clock are given."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from textual.pilot import Pilot

from rnnlab.base.preferences import Preferences
from rnnlab.corpora import CorpusDescription
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import SampleRecord
from rnnlab.runs.store import RunStore
from rnnlab.runs.workers import WorkerRecord, add_worker
from rnnlab.tui.app import LabApp
from rnnlab.tui.outside import Outside
from rnnlab.tui.outside.machine import Gpu, MachineRead, ProcessRead
from rnnlab.tui.outside.polling import RunPoller, RunsRead
from tests.toys.answering_generator import AnsweringGenerator
from tests.toys.app_lab import Clock, Lab, start_nothing, until
from tests.toys.painted_at_rest import latest_paint
from tests.toys.picture import picture


class Scene(NamedTuple):
    """How a screen is brought to what its picture shows."""

    keys: tuple[str, ...]
    shows: str = ""
    """What is there when all of it has come."""


SCENES = {
    "lab": Scene(("i", *"Once", "enter", "escape"), "done"),
    "prompt": Scene(("f3", *"Once", "enter"), "done"),
    "beams": Scene(("f4", *"Once", "enter"), "done"),
    "tokens": Scene(("f5", *"Once", "enter", "escape", "left"), "entropy"),
    "timeline": Scene(("f6",), "4/4"),
    "inspect": Scene(("f7",), "The gradient fades"),
    "compare": Scene(("f8", *"Once", "enter"), "runs have answered"),
    "run": Scene(("g", "r"), "rnnlab train stump"),
    "new-run": Scene(("n", *"stump", "tab"), "rnnlab train stump"),
    "system": Scene(("f10",), "Some GPU"),
    "corpora": Scene(("f11",), "figures of mine"),
}
"""Of screens that show more than what their key opens."""


class CountedFeed(RunPoller):
    """The feed, which counts how often it has read."""

    latest_made: CountedFeed

    def __init__(self, store: RunStore) -> None:
        super().__init__(store)
        self.num_reads = 0
        CountedFeed.latest_made = self

    def read(self, watched: Collection[str]) -> RunsRead:
        """Read the runs."""
        found = super().read(watched)
        self.num_reads += 1
        return found


async def settled(pilot: Pilot[None], app: LabApp, clock: Clock) -> str:
    """Return the picture once it has stayed the same over some looks at the runs."""
    before, num_same, seen = "", 0, -1
    feed = CountedFeed.latest_made
    while num_same < 2:
        if not num_same:
            clock.now += 3600.0  # whatever is done or drawn at most so often is due
        shown = feed.num_reads + 2  # a read is shown before the next one begins
        await until(pilot, lambda shown=shown: feed.num_reads >= shown or app.poll_now())  # type: ignore[misc]
        now = picture(app) if latest_paint() != seen else before
        num_same, seen = num_same + 1 if now == before else 0, latest_paint()
        before = now
    return before


WORKER = WorkerRecord(
    started=5.0, host="box", platform="Linux", device="cpu", dtype="float32", threads=2,
    rnnlab="0.1.0", python="3.11.0", torch="2.9.0",
)  # fmt: skip


def fill(lab: Lab) -> None:
    """Make a run in most of the states, with figures, curves and samples."""
    figures: dict[str, Any] = {
        "train_loss": 2.0, "val_loss": 2.5, "best_val_loss": 2.5, "best_step": 40, "grad_norm": 0.5,
        "tokens_per_s": 12_000.0, "elapsed_s": 75.0, "epoch": 4.0, "device": "cpu",
    }  # fmt: skip
    lab.add("finished-gru", recent_losses=[4.0, 3.0, 2.5, 2.0], **figures)
    lab.add("diverged", "failed", reason="the loss is no number: try a smaller --lr", **figures)
    lab.add("documents", "stopped", task="classify", val_accuracy=0.75, **figures)
    lab.add("waiting", "queued", steps=1)
    run = lab.add(
        "running-lstm", "running", total_steps=400, eta_s=675.0, recent_losses=[4, 3, 3, 2],
        pid=102, **{**figures, "val_loss": 2.25},
    )  # fmt: skip
    add_worker(run.paths, WORKER)
    with Journal(run.paths.samples) as journal:
        for step in (0, 10, 20, 40):
            for decoder in ("greedy", "sample:temperature=0.8"):
                text = f" upon [b] a \x1b[31m time, at {step}\n"
                journal.append(
                    SampleRecord(step, step / 10, step, 0, "Once", decoder, text, -30.0, 12)
                )


GIB = 2**30
MACHINE = MachineRead(
    cores=(0.25, 0.95),
    load=(1.5, 1.25, 1.0),
    used_bytes=6 * GIB,
    total_bytes=16 * GIB,
    swap_used_bytes=GIB,
    disk_free_bytes=40 * GIB,
    disk_total_bytes=100 * GIB,
    gpus=(Gpu("Some GPU", 0.5, 10 * GIB, 24 * GIB, 61),),
    processes=(
        ProcessRead("the lab", 101, 0.05, 90 << 20),
        ProcessRead("running-lstm (running)", 102, 0.95, 400 << 20),
        ProcessRead("generator", 103, 0.0, 300 << 20),
    ),
)
CORPORA = (
    CorpusDescription("mine", "data/mine.txt", 12_345, "stream", None, "A text of one's own"),
    CorpusDescription(
        "copy", None, None, "sentences", 0.25, "What was read is written again", state="made",
        options={"delay": 10},
    ),
    CorpusDescription(
        "reviews", "data/reviews.csv", 54_321, "classify", None, "Opinions", floor_accuracy=0.9
    ),
    CorpusDescription(
        "text8", None, 100_000_000, "stream", None, "Letters of an encyclopedia", state="fetch",
        licence="CC BY-SA",
    ),
)  # fmt: skip


async def look(name: str, _data: Path | None, columns: int) -> tuple[str, bool]:
    """Say something of every corpus."""
    return f"figures of {name}\n{'█' * (columns // 2)}\n\nthe beginning of [b]{name}[/b]", True


class FixedMachine:
    """Reads the same every time, at two times."""

    def __init__(self, folder: Path) -> None:
        self._has_read = False

    def read(self, processes: Iterable[tuple[str, int]]) -> MachineRead:
        """Return the machine, 10 seconds later from the second time on."""
        time_s, self._has_read = 10.0 * self._has_read, True
        return replace(MACHINE, time_s=time_s)


WORLD = Outside(
    make_generator=AnsweringGenerator,
    make_poller=CountedFeed,
    make_machine=FixedMachine,
    describe_corpora=lambda _data: list(CORPORA),
    look_into_corpus=look,
    launch=start_nothing,
    estimate_after_s=3600.0,
)
"""Nothing of it is left to chance."""
PREFERENCES = Preferences(theme="dark", glyphs="braille", colors="truecolor")


class OpenFixed(Protocol):
    """Make an app over the runs of `fill`."""

    def __call__(
        self, preferences: Preferences = PREFERENCES, outside: Outside = WORLD
    ) -> LabApp: ...
