"""What the panes of a run show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlab.runs.history import History, read_history
from rnnlab.runs.origin import Origin
from rnnlab.runs.records import EventRecord
from rnnlab.runs.store import RunStore
from rnnlab.runs.stored_checkpoints import StoredCheckpoint
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.runs.workers import WorkerRecord
from rnnlab.submit import WrittenSettings
from rnnlab.tui.outside.run_files import RunFiles
from rnnlab.tui.run_view import texts
from rnnlab.tui.run_view.changes import Change, changes_in, commands
from tests.toys.app_lab import Lab


def summary_of(tmp_path: Path, **status: Any) -> RunSummary:
    return summarise(Lab(RunStore(tmp_path / "checkpoints")).add("alpha", **status))


def test_the_heading_of_a_run_in_training_has_progress_and_time_left(tmp_path: Path) -> None:
    summary = summary_of(
        tmp_path, state="running", total_steps=400, eta_s=90.0, train_loss=2.0, val_loss=2.5
    )
    assert texts.heading(summary, 100).plain == (
        "alpha running  ━───────── 10%  1m30s left  step 40 of 400  "
        "train 2.0000  val 2.5000 nats/char"
    )
    assert texts.heading(summary, 50).plain.splitlines() == [
        "alpha running  ━───────── 10%  1m30s left",
        "step 40 of 400  train 2.0000  val 2.5000 nats/char",
    ]
    assert len(texts.heading(summary, 5).plain.splitlines()) == 6, "never an empty line"
    ended = replace(summary, state="finished", total_steps=None, val_accuracy=0.5, elapsed_s=75.0)
    assert "finished  in 1m15s  step 40  train" in texts.heading(ended, 100).plain
    assert texts.heading(ended, 100).plain.endswith("accuracy 50.0%")


def test_settings_are_grouped_by_their_sources() -> None:
    files = RunFiles(
        Path("x"),
        settings={"corpus": "stump", "hidden": 32, "layers": 1, "future": "[b]\x1b"},
        sources={"corpus": "command line", "hidden": "recipe", "layers": "default", "future": "?"},
    )
    assert [line.split() for line in texts.settings_text(files).plain.splitlines()] == [
        ["command", "line"], ["corpus", "stump"], [],
        ["recipe"], ["hidden", "32"], [],
        ["?"], ["future", "[b]␛"], [],
        ["default"], ["layers", "1"],
    ]  # fmt: skip
    changes = changes_in([EventRecord(40, "set", "layers 2 -> 1, clip 5 -> 1")])
    assert changes == [Change(40, {"clip": ("5", "1")}, False)], "layers cannot be changed"
    later = RunFiles(Path("x"), settings={"corpus": "stump", "clip": 1.0, "lr": 0.5})
    assert [line.split() for line in texts.settings_text(later, changes).plain.splitlines()] == [
        ["changed", "during", "training"], ["clip", "1"], [],
        ["default"], ["corpus", "stump"], ["lr", "0.5"],
    ]  # fmt: skip
    assert "cannot be read" in texts.settings_text(RunFiles(Path("x"))).plain


def test_the_facts_have_note_command_machine_and_versions(tmp_path: Path) -> None:
    summary = replace(
        summary_of(tmp_path),
        note="for [b] the\x1b course",
        tags=("good", "old"),
        former_names=("beta",),
    )
    workers = (
        WorkerRecord(1.0, 0, 1, "here", "Linux", "cpu", "float32", 1, "0.1", "3.11", "2.9"),
        WorkerRecord(2.0, 40, 2, "there", "Linux", "cuda:0 (X)", "float32", 4, "0.2", "3.12", "3"),
    )
    written = WrittenSettings("", {"corpus": "a b.txt", "hidden": 32})
    files = RunFiles(Path("runs/alpha"), written=written, workers=workers)
    plain = texts.facts_text(summary, files).plain
    for part in (
        "for [b] the␛ course",
        "tags    good old",
        "command rnnlab train 'a b.txt' --name alpha --hidden 32",
        "on      cuda:0 (X), 4 threads, float32",
        "host    there, Linux",
        "uses    rnnlab 0.2, Python 3.12, torch 3",
        "from step 0 on here, cpu, torch 2.9",
        "folder  runs/alpha",
        "former  beta",
    ):
        assert part in plain, plain
    changes = [Change(1200, {"lr": ("0.002", "0.5")}, False)]
    plain = texts.facts_text(summary, files, changes).plain
    assert "\nthen    at step 1,200: rnnlab set alpha lr=0.5\n" in plain
    old = texts.facts_text(replace(summary, device="cpu"), replace(files, workers=())).plain
    assert "versions were not recorded" in old
    assert "process " not in plain
    trains = texts.facts_text(replace(summary, pid=77), files).plain
    assert "\nprocess 77\n" in trains, "`ps` does not always name the run"


def test_the_commands_repeat_a_run_whose_settings_were_changed() -> None:
    """The first command has the settings of the start; the later ones say when they are due."""
    events = [
        EventRecord(0, "started"),
        EventRecord(40, "set", "lr 0.002 -> 0.5, steps 100 -> none, epochs none -> 3"),
        EventRecord(200, "finished"),
        EventRecord(200, "resumed", "from the checkpoint of step 200"),
        EventRecord(200, "set", "epochs 3 -> 6"),
    ]
    origin = Origin({"corpus": "command line", "steps": "command line"})
    settings = {"corpus": "stump", "lr": 0.5, "epochs": 6.0, "clip": 1.0}
    files = RunFiles(Path("x"), settings=settings, origin=origin)
    assert commands("a", files, changes_in(events)).splitlines() == [
        "rnnlab train stump --name a --steps 100",
        "# at step 40:",
        "rnnlab set a lr=0.5 epochs=3",
        "# at step 200:",
        "rnnlab resume a --epochs 6",
    ]


def test_checkpoints_have_size_loss_and_role(tmp_path: Path) -> None:
    lab = Lab(RunStore(tmp_path / "checkpoints"))
    run = lab.add("alpha", best_step=20, best_val_loss=2.25)
    checkpoints = (
        StoredCheckpoint(20, 900, is_last=False, is_best=True, can_resume=False),
        StoredCheckpoint(40, 2048, is_last=True, is_best=False, can_resume=True),
    )
    files = RunFiles(run.paths.root, checkpoints=checkpoints)
    history = read_history(run.paths.journal)
    lines = texts.checkpoints_text(summarise(run), files, history).plain.splitlines()
    assert [line.split() for line in lines] == [
        ["step", "size", "val"],
        ["40", "2.0", "KiB", "2.5000", "last"],
        ["20", "900", "B", "2.2500", "best", "weights", "only"],
    ]
    none = texts.checkpoints_text(summarise(run), RunFiles(run.paths.root), history)
    assert none.plain == "no checkpoint yet"


@pytest.mark.parametrize("state", ["finished", "lost"])
def test_the_last_event_comes_first_and_texts_are_data(tmp_path: Path, state: str) -> None:
    summary = replace(summary_of(tmp_path), state=state)  # type: ignore[arg-type]
    history = History()
    history.extend([EventRecord(0, "started"), EventRecord(9, "note", "[b]\nx\x1b", 65.0)])
    lines = texts.events_text(summary, history).plain.splitlines()
    if state == "lost":
        assert lines.pop(1).split(maxsplit=1) == ["40", "lost: the worker died"]
    assert lines[1].split(maxsplit=2) == ["9", "1m05s", "note: [b] x␛"]
    assert lines[2].split() == ["0", "0s", "started"]


def test_the_log_is_data() -> None:
    assert texts.log_text(RunFiles(Path("x"), log="a [red]b\x1b[0m\n")).plain == "a [red]b␛[0m"
    assert texts.log_text(RunFiles(Path("x"))).plain == "the log is empty"
