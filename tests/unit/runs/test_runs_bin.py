"""The bin: deleted runs come back under a free name, or are deleted for good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError, UnknownNameError
from rnnlab.runs.bin import Bin, new_stamp, size_bytes
from rnnlab.runs.queue import Queue
from rnnlab.runs.store import RunStore
from tests.toys.app_lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


def names(store: RunStore) -> list[str]:
    return [run.name for run in store]


def test_a_deleted_run_comes_back_with_all_its_files(lab: Lab) -> None:
    run = lab.add("alpha")
    journal = run.paths.journal.read_bytes()
    folder = Bin(lab.store)
    folder.put(run)
    assert names(lab.store) == []
    assert [entry.name for entry in folder.entries()] == ["alpha"]
    assert folder.restore(folder.find("alpha")).name == "alpha"
    assert lab.store.open("alpha").paths.journal.read_bytes() == journal
    assert not folder.root.exists(), "an empty bin leaves no folder"


def test_runs_deleted_together_come_back_together_and_the_last_first(lab: Lab) -> None:
    folder = Bin(lab.store)
    runs = {name: lab.add(name) for name in ("a", "b", "c")}
    folder.put(runs["a"], new_stamp(1000.0))
    for name in ("b", "c"):
        folder.put(runs[name], new_stamp(2000.5))
    assert sorted(entry.name for entry in folder.last()) == ["b", "c"]
    assert {entry.deleted for entry in folder.last()} == {2000.5}
    for entry in folder.last():
        folder.restore(entry)
    assert [entry.name for entry in folder.last()] == ["a"]


def test_a_run_whose_name_is_taken_comes_back_under_the_next_one(lab: Lab) -> None:
    folder = Bin(lab.store)
    name = "x" * 64
    folder.put(lab.add(name), new_stamp(1.0))
    folder.put(lab.add(name), new_stamp(2.0))
    lab.add(name)
    restored = [folder.restore(entry).name for entry in folder.entries()]
    assert restored == ["x" * 62 + "-2", "x" * 62 + "-3"]
    assert len(names(lab.store)) == 3


def test_an_unknown_name_is_answered_with_the_nearest_deleted_run(lab: Lab) -> None:
    folder = Bin(lab.store)
    with pytest.raises(UnknownNameError, match="the bin is empty"):
        folder.find("alpha")
    folder.put(lab.add("alpha"))
    with pytest.raises(UnknownNameError, match="did you mean 'alpha'"):
        folder.find("alpa")


@pytest.mark.parametrize("state", ["running", "paused", "queued"])
def test_a_run_with_a_worker_is_refused_with_the_remedy(lab: Lab, state: str) -> None:
    run = lab.add("alpha", state)  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="stop it first with `rnnlab stop alpha`"):
        Bin(lab.store).put(run)
    assert names(lab.store) == ["alpha"]


def test_shipped_runs_and_links_stay(lab: Lab, tmp_path: Path) -> None:
    run = lab.add("alpha")
    shipped = RunStore(lab.store.root, [run.paths.root])
    with pytest.raises(BadInputError, match="shipped with rnnlab and cannot be deleted"):
        Bin(shipped).put(shipped.open("alpha"))
    os.rename(run.paths.root, tmp_path / "elsewhere")
    run.paths.root.symlink_to(tmp_path / "elsewhere")
    for remove in (Bin(lab.store).put, lab.store.remove):
        with pytest.raises(BadInputError, match=r"a symbolic link to .*elsewhere; delete .*unlink"):
            remove(lab.store.open("alpha"))
    assert (tmp_path / "elsewhere" / "config.toml").exists()
    assert names(lab.store) == ["alpha"]


def test_a_bin_that_is_a_link_leaves_the_folder_it_leads_to_alone(lab: Lab, tmp_path: Path) -> None:
    lab.add("alpha")
    others = tmp_path / "others"
    (others / "20260101T000000000000-beta").mkdir(parents=True)
    Bin(lab.store).root.symlink_to(others)
    assert Bin(lab.store).empty() == 0
    with pytest.raises(RnnlabError, match=r"\.bin is a symbolic link: .*with `unlink"):
        Bin(lab.store).put(lab.store.open("alpha"))
    assert names(lab.store) == ["alpha"]
    assert [file.name for file in others.iterdir()] == ["20260101T000000000000-beta"]


def test_a_folder_that_cannot_be_written_is_an_error_in_one_line(lab: Lab) -> None:
    run = lab.add("alpha")
    Bin(lab.store).root.write_text("a file in the way")
    with pytest.raises(RnnlabError, match=r"cannot move .*alpha to the bin: File exists"):
        Bin(lab.store).put(run)
    run.paths.lock.unlink(missing_ok=True)
    run.paths.lock.mkdir()
    for remove in (Bin(lab.store).put, lab.store.remove):
        with pytest.raises(RnnlabError, match=r"alpha/lock is a folder, not a file; delete it"):
            remove(run)


def test_emptying_frees_the_space_and_leaves_other_files(lab: Lab) -> None:
    folder = Bin(lab.store)
    folder.put(lab.add("alpha"))
    folder.put(lab.add("beta"))
    (folder.root / "other").mkdir()
    assert size_bytes(folder.root) > 1000
    assert folder.empty([folder.find("alpha")]) == 1
    assert [entry.name for entry in folder.entries()] == ["beta"]
    assert folder.empty() == 1
    assert (folder.entries(), size_bytes(folder.root)) == ([], 0)
    assert (folder.root / "other").is_dir()


def test_a_deleted_run_leaves_the_queue(lab: Lab) -> None:
    run = lab.add("alpha", "stopped")
    lab.store.root.joinpath(".queue").mkdir()
    Queue(lab.store.root).join("alpha", "cpu")
    Bin(lab.store).put(run)
    assert not Queue(lab.store.root).has("alpha")
