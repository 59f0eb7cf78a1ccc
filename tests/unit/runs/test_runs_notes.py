"""The note and the tags of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.runs.notes import (
    MOST_CHARACTERS,
    Notes,
    change_note,
    change_tags,
    parse_tags,
    read_notes,
)
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return RunStore(tmp_path).create("a", 'corpus = "x"\n')


def test_note_and_tags_are_stored_and_in_the_summary(run: Run) -> None:
    assert read_notes(run.paths) == Notes()
    change_note(run, " for the course\nsecond line ")
    change_tags(run, ["good", "baseline"])
    summary = summarise(run)
    assert (summary.note, summary.tags) == (
        "for the course\nsecond line",
        ("baseline", "good"),
    )
    change_tags(run, ["new"], remove=["good", "unknown"])
    change_note(run, "")
    assert read_notes(run.paths) == Notes("", ("baseline", "new"))


@pytest.mark.parametrize("tag", ["", "a b", "a,b", "x" * 33, "\x1b[31m"])
def test_an_invalid_tag_is_refused(run: Run, tag: str) -> None:
    with pytest.raises(BadInputError, match="cannot be a tag"):
        change_tags(run, [tag])
    assert not run.paths.notes.exists()


def test_tags_are_separated_by_blanks_or_commas() -> None:
    assert parse_tags(" a, b\tc,,d ") == ("a", "b", "c", "d")


def test_a_long_note_and_a_shipped_run_are_refused(run: Run) -> None:
    with pytest.raises(BadInputError, match=f"write at most {MOST_CHARACTERS}"):
        change_note(run, "x" * (MOST_CHARACTERS + 1))
    shipped = Run(run.paths, is_shipped=True)
    with pytest.raises(BadInputError, match="cannot be changed"):
        change_note(shipped, "x")
    with pytest.raises(BadInputError, match="cannot be changed"):
        change_tags(shipped, ["x"])


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b'{"note": 1}', b'{"note": "", "tags": "ab"}']
)
def test_an_invalid_file_counts_as_no_notes(run: Run, content: bytes) -> None:
    run.paths.notes.write_bytes(content)
    assert read_notes(run.paths) == Notes()


def test_a_folder_that_cannot_be_written_is_an_error_in_one_line(run: Run) -> None:
    run.paths.notes.mkdir()
    with pytest.raises(RnnlabError, match="cannot write to"):
        change_note(run, "x")
