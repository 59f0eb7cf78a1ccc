"""The list of corpora, as the command line prints it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.cli import corpora
from rnnlab.corpora import (
    Documents,
    describe_corpora,
    describe_documents,
    find_corpus,
    lasting_name,
    suits,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [f"{'train' if i < 6 else 'test'},{i % 2},{'un bon ' * i}film" for i in range(9)]
    table = "\n".join(["split,label,text", *rows])
    (tmp_path / "films.csv.gz").write_bytes(gzip.compress(table.encode(), mtime=0))
    (tmp_path / "mer.txt.gz").write_bytes(gzip.compress(b"La mer.\n" * 99, mtime=0))
    return tmp_path


def test_corpora_are_listed_with_their_task(data: Path) -> None:
    films, mer, *ours = describe_corpora(data)
    stump = next(corpus for corpus in ours if corpus.name == "stump")
    assert (films.name, films.task, films.floor_nats) == ("films", "classify", None)
    assert films.summary == "your labelled documents"
    assert films.size_bytes == (data / "films.csv.gz").stat().st_size
    assert (mer.name, mer.task, mer.summary) == ("mer", "stream", "your text file")
    assert (stump.name, stump.task) == ("stump", "sentences")
    assert stump.floor_nats
    assert stump.options
    copied = next(corpus for corpus in ours if corpus.name == "copy")
    assert (copied.file, copied.size_bytes) == (None, None)
    reviews = next(corpus for corpus in ours if corpus.name == "reviews")
    assert reviews.floor_accuracy


def test_a_users_documents_override_the_built_in_corpus_of_that_name(data: Path) -> None:
    (data / "stump.csv").write_text("label,text\n0,a\n1,b\n")
    described = next(corpus for corpus in describe_corpora(data) if corpus.name == "stump")
    assert (described.name, described.task, described.floor_nats) == ("stump", "classify", None)


def test_a_copy_of_a_shipped_corpus_is_known_by_its_content(data: Path) -> None:
    shipped = find_corpus("stump", data).read_bytes()
    plain = {corpus.name: corpus for corpus in describe_corpora(data)}["stump"]
    for name in ("stump", "mine", "edited"):
        (data / f"{name}.txt").write_bytes(shipped)
    (data / "edited.txt").write_bytes(shipped[:-2] + b"!\n")
    listed = {corpus.name: corpus for corpus in describe_corpora(data)}
    assert list(listed)[:4] == ["edited", "films", "mer", "mine"]
    assert listed["edited"].summary == "your text file"
    assert listed["stump"] == plain._replace(file=str(data / "stump.txt"))
    assert (listed["mine"].floor_nats, listed["mine"].options) == (plain.floor_nats, None)
    assert listed["mine"].summary == f"a copy of stump: {plain.summary}"
    names = {name: lasting_name(name, data) for name in ("stump", "mine", "edited")}
    own = {name: str((data / f"{name}.txt").resolve()) for name in ("mine", "edited")}
    assert names == {"stump": "stump", **own}
    assert suits("mine", data) == suits("stump")
    assert suits("edited", data) == {"task": "stream"}


def test_documents_are_described() -> None:
    documents = Documents(
        ("a b", "", "c d e"), ("x", "y", "x"), ("train", "test", "train"), ("x", "y")
    )
    assert describe_documents(documents)._asdict() == {
        "num_documents": 3,
        "classes": {"x": 2, "y": 1},
        "splits": {"train": 2, "test": 1},
        "median_words": 2.0,
    }
    unsplit = Documents(documents.texts, documents.labels, (), documents.classes)
    assert describe_documents(unsplit).splits == {}


def shown(
    capsys: pytest.CaptureFixture[str], action: str = "list", name: str | None = None, *, data: Path
) -> Any:
    corpora.command(action, name, data=data, json=True)
    return json.loads(capsys.readouterr().out)


def test_documents_are_shown(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = shown(capsys, "show", "films", data=data)
    assert document["file"] == str(data / "films.csv.gz")
    assert document["num_documents"] == 9
    assert document["classes"] == {"0": 5, "1": 4}
    assert document["splits"] == {"train": 6, "test": 3}
    assert document["median_words"] == 9
    assert document["begins"] == "film"
    assert document["num_chars"] == sum(7 * i + 4 for i in range(9))
    assert document["num_distinct"] == len(set("un bon film"))
    assert [(d["label"], len(d["begins"])) for d in document["documents"]] == [
        *(("0", 7 * i + 4) for i in (0, 2, 4)),
        *(("1", 7 * i + 4) for i in (1, 3, 5)),
    ]
    corpora.command("films", data=data)
    output = capsys.readouterr().out
    assert "9 documents, median length 9 words" in output
    assert "classes: 0 (5), 1 (4)" in output
    assert "splits: train 6, test 3" in output
    assert "0: film\n" in output


def test_the_statistics_of_a_text_are_printed_in_lines(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "line.txt").write_text("a b " * 3_000 + "\n")
    corpora.command("line", data=data)
    lines = capsys.readouterr().out.split("\n")
    assert lines[:2] == [str(data / "line.txt"), "12,001 characters, 4 distinct"]
    assert lines[2] == "rare characters (fewer than 10 times): 1: ⏎"
    assert lines[3].startswith(
        "sentences: 1, median length 11,999 characters, 95th percentile 11,999,"
    )
    assert not any("up to 12,000" in line for line in lines), "one length is no histogram"


def test_control_characters_of_a_document_are_escaped(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "bad.csv").write_text('label,text\n\x1b[31mx,"a\x1b[2J\nb"\ny,c\n')
    corpora.command("bad", data=data)
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert "a␛[2J⏎b" in output


def test_many_classes_are_shown_in_part(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(f"{i},text {i}" for i in range(50))
    (data / "many.csv").write_text(f"label,text\n{rows}\n")
    corpora.command("many", data=data)
    output = capsys.readouterr().out
    assert "19 (1), 30 more\nsplits: none" in output


def test_a_gzipped_text_is_shown_like_a_plain_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = shown(capsys, "show", "mer", data=data)
    assert (document["num_chars"], document["num_distinct"]) == (8 * 99, 8)
    assert document["begins"].startswith("La mer.\n")


def test_the_list_marks_documents(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = shown(capsys, data=data)
    assert [(c["name"], c["task"]) for c in listed][:3] == [
        ("films", "classify"),
        ("mer", "stream"),
        ("adding", "classify"),
    ]
    assert {"name", "file", "size_bytes", "task", "floor_nats", "summary"} < set(listed[0])
    corpora.command(data=data)
    assert "classify" in capsys.readouterr().out


def test_a_bad_table_is_refused(data: Path) -> None:
    (data / "bad.csv").write_text("label,text\n0,a\n")
    with pytest.raises(BadInputError, match="have the label '0'"):
        corpora.command("show", "bad", data=data)
