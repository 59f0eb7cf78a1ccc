"""Paths that begin with what is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.base.paths import MOST_PATHS, completed, paths_beginning


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.txt", "ab.CSV", "b.pdf", ".hidden.txt", "texts/one.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_folders_end_in_a_slash_and_files_are_chosen_by_their_endings(folder: Path) -> None:
    assert paths_beginning("") == ["a.txt", "ab.CSV", "b.pdf", "texts/"]
    assert paths_beginning("", (".txt", ".csv")) == ["a.txt", "ab.CSV", "texts/"]
    assert paths_beginning("a") == ["a.txt", "ab.CSV"]
    assert paths_beginning("texts/") == ["texts/one.txt"]
    assert paths_beginning(f"{folder}/te") == [f"{folder}/texts/"], "the beginning stays as typed"
    assert paths_beginning(".h") == [".hidden.txt"]


def test_what_cannot_be_read_has_no_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert paths_beginning("~/te") == ["~/texts/"]
    for part in ("none/", "a.txt/", "~nobody-at-all/", "a\0/"):
        assert paths_beginning(part) == [], part


def test_a_long_folder_gives_a_list_that_can_be_read(folder: Path) -> None:
    many = folder / "many"
    many.mkdir()
    for number in range(MOST_PATHS + 5):
        (many / f"{number:04}.txt").touch()
    assert len(paths_beginning("many/")) == MOST_PATHS


def test_a_text_is_completed_as_far_as_all_candidates_agree() -> None:
    assert completed("pl", ["plays/", "plans/", "x"]) == "pla"
    assert completed("gru", ["gru", "gru-cho"]) == "gru"
    assert completed("z", ["plays/"]) == "z"
