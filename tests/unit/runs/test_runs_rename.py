"""Renaming a run keeps what refers to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.runs.notes import change_tags, read_notes
from rnnlab.runs.records import encode_status
from rnnlab.runs.rename import rename
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from tests.toys.app_lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


def test_a_folder_of_runs_that_cannot_be_flushed_is_no_obstacle(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run has its new name by then."""
    opened = os.open

    def open_others(path: Any, *arguments: Any, **options: Any) -> int:
        if path == lab.store.root:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, *arguments, **options)

    lab.add("a")
    monkeypatch.setattr(os, "open", open_others)
    assert rename(lab.store, lab.store.open("a"), "b").name == "b"
    assert read_notes(lab.store.open("b").paths).former_names == ("a",)


def test_a_run_is_renamed_and_remembers_its_former_names(lab: Lab) -> None:
    change_tags(lab.add("a"), ["good"])
    run = lab.store.open("a")
    for name in ("b", "c", "a"):
        run = rename(lab.store, run, name)
    assert [run.name for run in lab.store] == ["a"]
    notes = read_notes(lab.store.open("a").paths)
    assert (notes.former_names, notes.tags) == (("b", "c"), ("good",))
    assert rename(lab.store, run, "a").name == "a", "the same name changes nothing"


def test_runs_that_began_with_its_weights_name_the_renamed_run(lab: Lab) -> None:
    old = lab.add("old")
    for name, ancestor in (("child", "old"), ("other", "older")):
        init_from = f"{lab.store.root.resolve() / ancestor}@40"
        config = RunConfig.from_values({"corpus": "a = b", "init_from": init_from})
        lab.store.create(name, config.to_toml())
    rename(lab.store, old, "new")
    configs = {
        name: RunConfig.from_toml(lab.store.open(name).paths.config) for name in ("child", "other")
    }
    assert configs["child"].init_from == f"{lab.store.root.resolve() / 'new'}@40"
    assert configs["child"].corpus == "a = b"
    assert configs["other"].init_from == f"{lab.store.root.resolve() / 'older'}@40"


def test_a_rename_that_was_killed_is_completed_by_the_same_command(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kill comes at each of the steps at which a folder or a file is replaced."""
    folder = lab.store.root.resolve()

    class KilledError(BaseException):
        pass

    for number in range(1, 20):
        old, new = f"old{number}", f"new{number}"
        lab.add(old)
        values = {"corpus": "x", "init_from": f"{folder / old}@40"}
        child = lab.store.create(f"child{number}", RunConfig.from_values(values).to_toml())
        left = number

        def replaced(*names: Path, do: Callable[..., object]) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise KilledError
            do(*names)

        with monkeypatch.context() as patched:
            for name in ("rename", "replace"):
                patched.setattr(os, name, partial(replaced, do=getattr(os, name)))
            try:
                rename(lab.store, lab.store.open(old), new)
            except KilledError:
                pass
            else:
                break
        if lab.store.find(new) is None:
            rename(lab.store, lab.store.open(old), new)
        assert lab.store.find(old) is None
        assert read_notes(lab.store.open(new).paths).former_names == (old,)
        assert RunConfig.from_toml(child.paths.config).init_from == f"{folder / new}@40"
    assert number > 3, "notes, ancestor, folder"


def test_a_rename_that_fails_changes_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    old, folder = lab.add("old"), lab.store.root.resolve()
    values = {"corpus": "x", "init_from": f"{folder / 'old'}@40"}
    child = lab.store.create("child", RunConfig.from_values(values).to_toml())

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(RnnlabError, match="cannot rename"):
        rename(lab.store, old, "new")
    assert RunConfig.from_toml(child.paths.config).init_from == f"{folder / 'old'}@40"
    assert read_notes(old.paths).former_names == ()


def test_a_renamed_link_to_a_run_leaves_the_references_to_the_run(lab: Lab, tmp_path: Path) -> None:
    elsewhere = Lab(RunStore(tmp_path / "elsewhere")).add("original").paths.root
    lab.store.root.mkdir(exist_ok=True)
    (lab.store.root / "link").symlink_to(elsewhere)
    values = {"corpus": "x", "init_from": f"{elsewhere.resolve()}@40"}
    child = lab.store.create("child", RunConfig.from_values(values).to_toml())
    rename(lab.store, lab.store.open("link"), "other")
    assert RunConfig.from_toml(child.paths.config).init_from == f"{elsewhere.resolve()}@40"


def test_the_remedy_of_a_failed_run_has_the_new_name(lab: Lab) -> None:
    run = lab.add("old", "failed")
    status = replace(run.status(), reason="the disk is full; use `rnnlab resume old`")
    replace_text(run.paths.status, encode_status(status))
    reason = rename(lab.store, run, "new").status().reason
    assert reason == "the disk is full; use `rnnlab resume new`"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("taken", "a run named 'taken' already exists"),
        ("folder", "already exists"),
        ("../a", "cannot be a run's name"),
        (".bin", "cannot be a run's name"),
        ("starter", "shipped with rnnlab"),
    ],
)
def test_a_taken_or_bad_name_is_refused(lab: Lab, tmp_path: Path, name: str, message: str) -> None:
    store = RunStore(lab.store.root, [tmp_path / "starter"])
    run = lab.add("a")
    lab.add("taken")
    (store.root / "folder").mkdir()
    with pytest.raises(BadInputError, match=message):
        rename(store, run, name)
    assert [run.name for run in store] == ["a", "taken"]
    assert read_notes(run.paths).former_names == ()


@pytest.mark.parametrize("state", ["running", "paused", "queued"])
def test_a_run_with_a_worker_is_refused_with_the_remedy(lab: Lab, state: str) -> None:
    run = lab.add("a", state)  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="stop it first with `rnnlab stop a`"):
        rename(lab.store, run, "b")
    assert [run.name for run in lab.store] == ["a"]


def test_a_folder_that_cannot_be_written_is_an_error_in_one_line(lab: Lab) -> None:
    run = lab.add("a")
    run.paths.lock.unlink(missing_ok=True)
    os.mkdir(run.paths.lock)
    with pytest.raises(RnnlabError, match="lock is a folder, not a file; delete it"):
        rename(lab.store, run, "b")
