"""`rnnlab corpora show` names the corpus as `rnnlab train` finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab import cli


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a corpus `own` in `data` and a corpus `far` elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RNNLAB_DATA", raising=False)
    for file in (tmp_path / "data" / "own.txt", tmp_path / "other" / "far.txt"):
        file.parent.mkdir()
        file.write_text("The sea is blue.\n" * 200)
    return tmp_path


def test_a_corpus_of_the_usual_folder_has_its_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["corpora", "show", "own"]) == 0
    assert "\ntry: rnnlab train own" in capsys.readouterr().out


def test_a_corpus_of_another_folder_has_its_path(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["corpora", "show", "far", "--data", "other"]) == 0
    assert f"\ntry: rnnlab train {folder}/other/far.txt" in capsys.readouterr().out
