"""Invalid bytes of a text are refused with their place, replaced or left out, and counted."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import (
    UNLIMITED,
    AddOptions,
    Columns,
    Errors,
    Repairs,
    UnpackLimit,
    add_corpus,
    look_into,
    prepare,
    read_corpus,
    read_documents,
    read_vectors,
    vectors_width,
)
from rnnlab.settings.run_config import RunConfig
from tests.toys.cases import case
from tests.toys.lab import Call, Lab
from tests.toys.refused import refused

BROKEN = "L'été\nun ga\n".encode() * 5 + b"a\xffb\nc\xfe\xfdd \xe9t\xe9\n" + "œuf\n".encode() * 30
"""Line 11 is the first one with an invalid byte; line 12 has four."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNLAB_DATA", str(tmp_path / "data"))
    made = tmp_path / "broken.txt"
    made.write_bytes(BROKEN)
    return made


def config_of(file: Path, errors: Errors) -> RunConfig:
    return RunConfig.from_values(
        {"corpus": str(file), "batch": 2, "length": 10, "errors": errors, "val_fraction": 0.2}
    )


def test_an_error_names_the_place_and_the_option(file: Path) -> None:
    offset = BROKEN.index(b"\xff")
    for message in (
        refused(lambda: read_corpus(file)),
        refused(lambda: add_corpus("x", file)),
    ):
        assert "in line 11" in message
        assert f"byte offset {offset}" in message
        assert "--errors replace|skip" in message


def test_bytes_are_replaced_or_left_out_and_counted(file: Path) -> None:
    for errors, first, second in (
        ("replace", "a\ufffdb", "c\ufffd\ufffdd \ufffdt\ufffd"),
        ("skip", "ab", "cd t"),
    ):
        repairs = Repairs(errors)  # type: ignore[arg-type]
        assert read_corpus(file, None, repairs).split("\n")[10:12] == [first, second]
        assert (repairs.num, repairs.first_line) == (5, 11)
        [note] = repairs.notes()
        assert note.startswith("5 invalid bytes ")
        assert note.endswith(", the first in line 11")
    assert Repairs("skip").notes() == ()


def test_a_limit_counts_the_characters_that_remain(file: Path) -> None:
    file.write_bytes(b"\xff" * 100_000 + b"abcdef")
    assert read_corpus(file, 4, Repairs("skip")) == "abcd"


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "gb18030", "cp1252"])
def test_other_encodings_are_repaired(codec: str, tmp_path: Path) -> None:
    broken = {
        "utf-16": "ab\n".encode("utf-16") + b"\x00\xd8" + "c\n".encode("utf-16-le") + b"x",
        "utf-32": "ab\n".encode("utf-32") + b"\xff\xff\xff\xff" + "c\n".encode("utf-32-le"),
        "gb18030": b"ab\n\xff" + b"c\n",
        "cp1252": b"ab\n\x81" + b"c\n",
    }[codec]
    file = tmp_path / "source"
    file.write_bytes(broken)
    with pytest.raises(BadInputError, match="--errors replace"):
        add_corpus("x", file, tmp_path, AddOptions(codec))
    made, notes = add_corpus("x", file, tmp_path, AddOptions(codec, errors="skip"))
    assert made.read_text() == "ab\nc\n"
    assert notes[-1].endswith("left out, the first in line 2")


def test_each_treatment_gives_another_text(file: Path) -> None:
    prints = set()
    for errors in ("replace", "skip"):
        dataset = prepare(config_of(file, errors))
        assert dataset.fingerprint == prepare(config_of(file, errors)).fingerprint
        assert dataset.notes[-1].startswith("5 invalid bytes ")
        prints.add(dataset.fingerprint)
    assert len(prints) == 2
    with pytest.raises(BadInputError, match="line 11"):
        prepare(config_of(file, "strict"))


def test_documents_and_their_profile_are_repaired(tmp_path: Path) -> None:
    for name, content in (
        ("a.csv", b"label,text\n0,caf\xe9 \xc3\xa9\n1,fine\n"),
        ("a.jsonl", b'{"label":0,"text":"caf\xe9 \xc3\xa9"}\n{"label":1,"text":"fine"}\n'),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        with case(name=name):
            repairs = Repairs("replace")
            assert read_documents(file, repairs=repairs).texts == ("caf\ufffd é", "fine")
            assert repairs.num == 1
            assert look_into(file, None, Repairs("skip")).begins == "caf é"
            made, notes = add_corpus("b", file, tmp_path, AddOptions(errors="skip"))
            assert read_documents(made).texts == ("caf é", "fine")
            assert "1 invalid byte left out" in notes[-1]
            made.unlink()


def test_a_folder_of_texts_is_repaired(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "1.txt").write_bytes("é\n".encode())
    (folder / "2.txt").write_bytes("é\n".encode() + b"b\xff\n")
    made, notes = add_corpus("x", folder, tmp_path, AddOptions(errors="replace"))
    assert made.read_text() == "é\n\né\nb\ufffd\n\n"
    assert notes[-1].startswith("1 invalid byte replaced by U+FFFD, the first in line 2")


# Word vectors


def test_a_broken_word_of_the_vectors_is_left_out_and_never_another_word(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    file.write_bytes(b"the 1 2\ncaf\xe9 3 4\ncat 5 6\n")
    message = refused(lambda: read_vectors(file, ["the", "caf"], 2))
    assert "in line 2 (byte offset 11)" in message
    assert "--errors skip" in message
    assert "corpora add" not in message, "vectors are not a corpus"
    for errors in ("skip", "replace"):
        repairs = Repairs(errors, are_lines=True)
        assert vectors_width(file, repairs.errors) == 2
        found = read_vectors(file, ["the", "caf", "cat"], 2, "zero", repairs=repairs)
        assert found.matrix.tolist() == [[1, 2], [0, 0], [5, 6]]
        assert (repairs.num, repairs.first_line) == (1, 2)


def test_the_first_word_of_the_vectors_may_have_spaces_and_numbers(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    for first in (". . .", "a b", "at 5 o'clock", "in 1 2"):
        file.write_text(f"{first} 0.5 1 2\nthe 1 2 3\n. 4 5 6\ncat 7 8 9\n")
        with case(first=first):
            assert vectors_width(file) == 3
    file.write_text(". . 0.5 1 2\nthe 1 2 3\n")
    assert read_vectors(file, [". .", "the"], 3).matrix.tolist() == [[0.5, 1, 2], [1, 2, 3]]


# The command line


def test_a_run_reads_and_evaluates_a_broken_text_with_one_option(lab: Lab, call: Call) -> None:
    file = lab.folder / "broken.txt"
    file.write_bytes(BROKEN * 8)
    options = ("--batch", "2", "--length", "10", "--steps", "2", "--hidden", "8")
    refusal = call(lab, "train", file, *options, code=2)
    assert "--errors replace|skip" in refusal.stderr
    call(lab, "train", file, *options, "--errors", "replace", "--name", "r")
    run = lab.open("r")
    assert run.settings({"errors"}) == {"errors": "replace"}
    assert (
        "40 invalid bytes replaced by U+FFFD, the first in line 11" in run.paths.journal.read_text()
    )
    whole = call(lab, "evaluate", "r", "--json").json
    other = call(lab, "evaluate", "r", "--file", file, "--json").json
    assert whole["loss_nats"] == other["loss_nats"]
    call(lab, "evaluate", "r", "--file", file, "--errors", "strict", code=2)
    shown = call(lab, "corpora", "show", file, "--errors", "skip")
    assert "40 invalid bytes left out" in shown.stderr


# Compressed files


def test_a_file_that_decompresses_to_very_much_is_added_only_on_request(
    lab: Lab, call: Call
) -> None:
    bomb = lab.folder / "bomb.txt.gz"
    bomb.write_bytes(gzip.compress(b"abcdefg \n" * (40 << 20), 1, mtime=0))
    refusal = call(lab, "corpora", "add", "b", bomb, code=2)
    assert "decompresses to more than 268,435,456 bytes" in refusal.stderr
    assert "--yes" in refusal.stderr
    assert not list(lab.folder.rglob("b.txt*"))


def test_the_limit_applies_while_a_file_is_written(tmp_path: Path) -> None:
    bombs = {
        "a.txt.gz": b"abcdefg\n" * 20_000,
        "a.csv.gz": b"label,text\n" + b"0,aaaaaaaa\n1,b\n" * 10_000,
        "a.jsonl.gz": b'{"label":0,"text":"a"}\n{"label":1,"text":"b"}\n' * 5_000,
    }
    data = tmp_path / "data"
    for name, content in bombs.items():
        file = tmp_path / name
        file.write_bytes(gzip.compress(content, mtime=0))
        small = UnpackLimit(1 << 16, 20)
        with case(name=name):
            for encoding in (None, "utf-8"):  # with an encoding, nothing is read before
                wish = AddOptions(encoding, Columns(), unpack_limit=small)
                message = refused_add(file, data, wish)
                assert "decompresses to more than 65,536 bytes" in message
                assert not [*data.glob("*")] if data.exists() else True
            made, _ = add_corpus("x", file, data, replace(wish, unpack_limit=UNLIMITED))
            made.unlink()


def refused_add(file: Path, data: Path, wish: AddOptions) -> str:
    with pytest.raises(BadInputError) as caught:
        add_corpus("x", file, data, wish)
    return str(caught.value)
