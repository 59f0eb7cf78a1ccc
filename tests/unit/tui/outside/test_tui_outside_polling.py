"""The poller reads only changes: summaries of ended runs and whole journals once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rnnlab.plots import loss
from rnnlab.runs.bin import Bin
from rnnlab.runs.launch import Launch
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.new_run.model import read_draft
from rnnlab.tui.outside import polling as feed_module
from rnnlab.tui.outside.polling import RunPoller
from rnnlab.tui.state.lab_state import LabState
from tests.toys.app_lab import Lab, start_nothing


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


def test_the_poller_reads_an_ended_run_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.add("done")
    lab.add("busy", "running")
    read: list[str] = []

    def counted(run: Run) -> RunSummary:
        read.append(run.name)
        return summarise(run)

    monkeypatch.setattr(feed_module, "summarise", counted)
    feed = RunPoller(lab.store)
    for _ in range(3):
        feed.read([])
    assert read == ["busy", "done", "busy", "busy"]


def test_the_poller_returns_a_journal_once_and_all_of_it_when_watched_again(lab: Lab) -> None:
    run = lab.add("alpha", steps=5)
    feed = RunPoller(lab.store)
    assert feed.read([]).news == {}
    assert len(feed.read(["alpha"]).news["alpha"].records) == 7
    assert feed.read(["alpha"]).news["alpha"].records == []
    lab.write(run, range(6, 8))
    assert len(feed.read(["alpha"]).news["alpha"].records) == 4
    feed.read([])
    assert len(feed.read(["alpha"]).news["alpha"].records) == 11


def test_after_the_copy_of_a_shipped_run_is_deleted_the_shipped_one_is_read(lab: Lab) -> None:
    shipped = lab.add("starter", steps=3)
    store = RunStore(lab.store.root.parent / "own", [shipped.paths.root])
    shutil.copytree(shipped.paths.root, store.root / "starter")
    copy = store.open("starter")
    copy.paths.config.write_text(copy.paths.config.read_text().replace("stump", "comedy"))
    lab.write(copy, range(4, 9))
    state, poller = LabState(store), RunPoller(store)
    bin_ = Bin(store)

    def read() -> tuple[str, object, int]:
        state.update(poller.read(["starter"]))
        opened = state.opened("starter")
        assert opened is not None
        records = len(state.history("starter").train)
        return state.summaries["starter"].corpus, opened.settings()["corpus"], records

    assert read() == ("comedy", "comedy", 8)
    bin_.put(copy)
    assert read() == ("stump", "stump", 3)
    assert bin_.restore(bin_.find("starter")).name == "starter"
    assert read() == ("comedy", "comedy", 8)


def test_a_run_of_a_recipe_shows_the_published_losses(lab: Lab, tmp_path: Path) -> None:
    text = tmp_path / "mer.txt"
    text.write_text("La mer monte. Le vent tombe. Il fait nuit.\n" * 50, encoding="utf-8")
    launch: Launch = start_nothing
    draft = read_draft({"corpus": str(text), "recipe": "lstm-moliere"}, lab.store)
    name = draft.start(is_queued=False, launch_worker=launch)
    state = LabState(lab.store)
    state.update(RunPoller(lab.store).read([name]))
    assert state.summaries[name].published == {"train": 1.1036, "val": 1.5117}
    levels = loss.chart(state.named_histories((name,))).levels
    assert [(level.name, level.value) for level in levels] == [
        ("published train", 1.1036),
        ("published val", 1.5117),
    ]


def test_a_run_that_is_deleted_while_it_is_read_is_not_a_lost_one(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha")
    lab.add("beta")

    def deleted(run: Run) -> RunSummary:
        if run.name == "alpha":
            Bin(lab.store).put(run)
        return summarise(run)

    monkeypatch.setattr(feed_module, "summarise", deleted)
    assert [one.name for one in RunPoller(lab.store).read([]).summaries] == ["beta"]
