"""The verbs that rename, annotate, delete and restore runs."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from rnnlab import cli
from rnnlab.runs.lock import take_lock
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from tests.toys.app_lab import Lab


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """Two finished runs in the current folder."""
    monkeypatch.delenv("RNNLAB_CHECKPOINTS", raising=False)
    monkeypatch.chdir(tmp_path)
    store = RunStore(Path("checkpoints"))
    for name in ("a", "b"):
        Lab(store).add(name)
    return store


class Said:
    """Runs verbs and reads their output."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.err = ""

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run a verb; return what it printed to standard output."""
        assert cli.run(list(arguments)) == code
        out, self.err = self._capsys.readouterr()
        return out

    def json(self, *arguments: str) -> Any:
        """Run a verb with --json; return the document."""
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(capsys)


def own_names(store: RunStore) -> list[str]:
    return [run.name for run in store]


def test_a_run_is_renamed(store: RunStore, say: Said) -> None:
    assert say("rename", "a", "baseline") == "a is now baseline\n"
    assert own_names(store) == ["b", "baseline"]
    say("rename", "b", "baseline", code=2)
    assert say.err == ("rnnlab: a run named 'baseline' already exists; choose another name\n")


def test_a_run_in_training_is_neither_renamed_nor_deleted(store: RunStore, say: Said) -> None:
    run = Lab(store).add("busy", "running")
    for verb in (("rename", "busy", "other"), ("rm", "busy"), ("rm", "busy", "--for-good")):
        say(*verb, code=2)
        assert say.err == ("rnnlab: 'busy' is training; stop it first with `rnnlab stop busy`\n")
    assert run.paths.config.exists()


def test_a_note_is_written_printed_and_removed(say: Said) -> None:
    assert say("note", "a") == ""
    assert "`rnnlab note a TEXT` writes one" in say.err
    say("note", "a", "for the \x1b[31mcourse\nnext line")
    assert say("note", "a") == "for the ␛[31mcourse\nnext line\n"
    assert say.json("note", "a") == {"name": "a", "note": "for the \x1b[31mcourse\nnext line"}
    say("note", "a", "")
    assert say.json("note", "a")["note"] == ""


def test_tags_are_added_removed_and_listed_with_the_runs(say: Said) -> None:
    assert say("tag", "a", "good", "baseline") == "baseline good\n"
    assert say("tag", "a", "good", "--remove") == "baseline\n"
    assert say.json("tag", "a") == {"name": "a", "tags": ["baseline"]}
    runs = {run["name"]: run for run in say.json("runs")}
    assert (runs["a"]["tags"], runs["a"]["note"], runs["b"]["tags"]) == (["baseline"], "", [])
    say("tag", "a", "--remove", code=2)
    assert "the tags to remove are missing" in say.err
    say("tag", "b")
    assert say.err == "b has no tags\n"


def test_deleted_runs_are_listed_restored_and_deleted_for_good(store: RunStore, say: Said) -> None:
    assert say("bin") == ""
    assert say.err == "the bin is empty; `rnnlab rm RUN` moves a run to it\n"
    assert say("rm", "a", "b") == "moved a to the bin\nmoved b to the bin\n"
    assert own_names(store) == []
    listed = {entry["name"]: entry for entry in say.json("bin")}
    assert listed.keys() == {"a", "b"}
    assert all(entry["size_bytes"] > 1000 for entry in listed.values())
    table = say("bin", "list")
    assert all(word in table for word in ("name", "deleted", "size", "KiB"))
    assert sorted(say("bin", "restore").splitlines()) == ["restored a", "restored b"]
    say("rm", "a")
    store.create("a", RunConfig(corpus="x").to_toml())
    assert say("bin", "restore", "a") == "restored a as a-2: its name is taken\n"
    say("rm", "a", "a-2")
    assert say.json("bin", "empty", "a")["deleted"] == 1
    assert say("bin", "empty").startswith("deleted 1 run for good, freed ")
    assert own_names(store) == ["b"]


def test_a_terminal_user_is_asked_before_the_bin_is_emptied(
    say: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    say("rm", "a")
    for answer, code, num_left in (("n\n", 130, 1), ("y\n", 0, 0)):
        terminal = io.StringIO(answer)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", terminal)
        say("bin", "empty", code=code)
        assert "Delete a for good (" in say.err
        assert len(say.json("bin")) == num_left


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bin", "restore"), "the bin is empty; `rnnlab runs` lists the runs"),
        (("bin", "restore", "x"), "unknown deleted run 'x'; the bin is empty"),
        (("bin", "show"), "unknown action 'show'; use list, restore, empty"),
    ],
)
def test_bad_input_is_one_line(say: Said, arguments: tuple[str, ...], message: str) -> None:
    say(*arguments, code=2)
    assert say.err == f"rnnlab: {message}\n"


def test_doctor_and_the_app_name_the_size_of_the_bin(store: RunStore, say: Said) -> None:
    assert "in the bin" not in say.json("doctor")["disk"]
    say("rm", "a")
    assert "KiB in the bin (`rnnlab bin empty` frees it)" in say.json("doctor")["disk"]


def test_a_lock_that_is_held_keeps_the_run(store: RunStore, say: Said) -> None:
    lock = take_lock(store.open("a").paths.lock)
    assert lock is not None
    os.close(lock)
    assert say("rm", "a") == "moved a to the bin\n"
