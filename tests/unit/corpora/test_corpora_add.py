"""Adding a user's file: it becomes a corpus, or is refused without leaving files."""

from __future__ import annotations

import errno
import gzip
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.corpora import (
    AddOptions,
    Columns,
    add_corpus,
    find_corpus,
    read_corpus,
    read_documents,
)

FRENCH = "Où est la bourse ? L'été, un garçon — très « drôle » — mange un œuf.\n" * 30
QUOTED = "It’s late – she didn’t say “come”, and won’t…\n" * 40  # noqa: RUF001
"""English whose only bytes beyond ASCII would be letters in Mac Roman."""
MAC = "Été à la mer, où l'élève rêve ; même là-bas.\n" * 20
WESTERN = "Où est la bourse ? L'été, un garçon très drôle mange à Noël.\n" * 30
TABLE = 'split,label,text\ntrain,1,"Good, really."\ntrain,0,Bad\ntest,1,Fine\ntest,0,Awful\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def refused(name: str, source: Path, data: Path, wish: AddOptions = AddOptions()) -> str:  # noqa: B008
    before = sorted(data.rglob("*")) if data.exists() else []
    with pytest.raises(BadInputError) as caught:
        add_corpus(name, source, data, wish)
    assert sorted(data.rglob("*")) == before if data.exists() else not before
    message = str(caught.value)
    assert message.isprintable()
    return message


@pytest.mark.parametrize(
    ("text", "codec", "message"),
    [
        (FRENCH, "utf-8", "UTF-8"),
        (FRENCH, "utf-8-sig", "UTF-8 with a byte order mark"),
        (FRENCH, "utf-16", "UTF-16"),
        (FRENCH, "utf-16-le", "UTF-16 without a byte order mark"),
        (FRENCH, "utf-16-be", "UTF-16 without a byte order mark"),
        (FRENCH, "utf-32", "UTF-32"),
        (WESTERN, "latin-1", "Latin-1"),
        (FRENCH, "cp1252", "Windows-1252"),
        (QUOTED, "cp1252", "Windows-1252"),
        (MAC, "mac_roman", "mac-roman"),
        ("Only ASCII here.\n" * 5, "ascii", "UTF-8"),
    ],
)
def test_the_encoding_of_a_text_is_detected_and_noted(
    source: Path, data: Path, text: str, codec: str, message: str
) -> None:
    file = source / "a.txt"
    file.write_bytes(text.encode(codec))
    made, notes = add_corpus("mine", file, data)
    assert made == data / "mine.txt"
    assert notes == [f"encoding: {message}"]
    assert made.read_bytes() == text.encode("utf-8")
    assert find_corpus("mine", data) == made


def test_an_encoding_is_detected_late_in_a_file(source: Path, data: Path) -> None:
    text = "plain letters only.\n" * 120_000 + WESTERN
    (source / "late.txt").write_bytes(text.encode("latin-1"))
    made, notes = add_corpus("late", source / "late.txt", data)
    assert notes == ["encoding: Latin-1"]
    assert made.read_text("utf-8") == text


def test_a_character_across_blocks_is_decoded(source: Path, data: Path) -> None:
    text = "a" + "é" * (1 << 20)
    (source / "a.txt").write_bytes(text.encode())
    made, _ = add_corpus("mine", source / "a.txt", data)
    assert made.read_text("utf-8") == text


def test_a_given_encoding_overrides_detection(source: Path, data: Path) -> None:
    (source / "a.txt").write_bytes("żółw idzie".encode("cp1250") * 20)
    made, _ = add_corpus("mine", source / "a.txt", data, AddOptions(encoding="cp1250"))
    assert made.read_text("utf-8").startswith("żółw idzie")


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"One.\r\nTwo.\r\n", "line ends: CRLF converted to LF, 2 lines"),
        (b"One.\rTwo.\n", "line ends: CR converted to LF, 2 lines"),
        (b"One.\r\nTwo.\rThree.\n", "line ends: CRLF and CR converted to LF, 3 lines"),
        (b"One.\nTwo.\n", ""),
        (b"One.", ""),
    ],
)
def test_converted_line_ends_are_told(source: Path, data: Path, content: bytes, note: str) -> None:
    (source / "a.txt").write_bytes(content)
    _, notes = add_corpus("mine", source / "a.txt", data)
    assert [line for line in notes if line.startswith("line ends")] == [note] * bool(note)


def test_line_ends_become_lf_and_gzip_is_decompressed(source: Path, data: Path) -> None:
    (source / "a.txt.gz").write_bytes(gzip.compress(b"One.\r\nTwo.\rThree.\n"))
    made, _ = add_corpus("mine", source / "a.txt.gz", data)
    assert made.read_bytes() == b"One.\nTwo.\nThree.\n"


def test_documents_keep_their_split_and_other_columns(source: Path, data: Path) -> None:
    table = "split,label,rating,text\ntrain,1,9,Good\ntrain,0,2,Bad\ntest,1,8,Fine\n"
    (source / "a.csv.gz").write_bytes(gzip.compress(table.encode()))
    made, _ = add_corpus("films", source / "a.csv.gz", data)
    assert made.read_text() == table
    documents = read_documents(made)
    assert documents.splits == ("train", "train", "test")
    assert documents.classes == ("0", "1")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", TABLE),
        ("a.csv", TABLE.replace(",", ";").replace("Good; ", "Good, ")),
        ("a.tsv", TABLE.replace(",", "\t").replace("Good\t ", "Good, ")),
        (
            "a.jsonl",
            "\n".join(
                json.dumps({"text": t, "label": int(x), "split": s, "more": 1})
                for s, x, t in [
                    ("train", "1", "Good, really."), ("train", "0", "Bad"),
                    ("test", "1", "Fine"), ("test", "0", "Awful"),
                ]
            ),
        ),
    ],
    ids=["comma", "semicolon", "tab", "jsonl"],
)  # fmt: skip
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-8-sig"])
def test_documents_of_every_format_become_csv(
    source: Path, data: Path, name: str, content: str, codec: str
) -> None:
    (source / name).write_bytes(content.replace("\n", "\r\n").encode(codec))
    made, _ = add_corpus("films", source / name, data)
    assert made.name == "films.csv"
    documents = read_documents(made)
    assert documents.texts == ("Good, really.", "Bad", "Fine", "Awful")
    assert documents.splits == ("train", "train", "test", "test")


def test_columns_may_have_other_names(source: Path, data: Path) -> None:
    (source / "a.csv").write_text("review,sentiment\nGood,positive\nBad,negative\n")
    message = refused("films", source / "a.csv", data)
    assert "no column 'label' among 'review', 'sentiment'" in message
    assert "--label COLUMN" in message
    wish = AddOptions(columns=Columns("sentiment", "review"))
    made, _ = add_corpus("films", source / "a.csv", data, wish)
    assert read_documents(made).labels == ("positive", "negative")


def test_another_column_with_a_reserved_name_is_renamed(source: Path, data: Path) -> None:
    rows = ["text,review,sentiment,split", "m1,Fine.,good,x", "m2,Dull.,bad,y"]
    (source / "a.csv").write_text("\n".join(rows) + "\n")
    wish = AddOptions(columns=Columns("sentiment", "review", "fold"))
    made, _ = add_corpus("films", source / "a.csv", data, wish)
    assert read_documents(made).texts == ("Fine.", "Dull.")
    assert read_documents(made).splits == ()
    assert made.read_text().splitlines()[0] == "label,other_text,other_split,text"


def test_a_corpus_is_not_replaced_by_its_own_file(source: Path, data: Path) -> None:
    data.mkdir()
    own = data / "mine.jsonl"
    own.write_text('{"label": "a", "text": "x", "author": "z"}\n{"label": "b", "text": "y"}\n')
    before = own.read_bytes()
    assert "is the file of the corpus itself" in refused(
        "mine", own, data, AddOptions(is_replacing=True)
    )
    assert own.read_bytes() == before


def test_splits_may_have_long_names_and_other_folders_are_noted(source: Path, data: Path) -> None:
    for split in ("train", "validation", "test", "extra"):
        for label in ("a", "b"):
            (source / split / label).mkdir(parents=True)
            (source / split / label / "1.txt").write_text(f"{split} {label}")
    made, notes = add_corpus("films", source, data)
    assert sorted(set(read_documents(made).splits)) == ["test", "train", "val"]
    assert "ignored folders that are not splits: extra" in notes


def test_splits_without_classes_are_not_classes(source: Path, data: Path) -> None:
    for split in ("train", "test"):
        (source / split).mkdir()
        (source / split / "1.txt").write_text("text")
    assert "texts without a class in test, train" in refused("films", source, data)


def test_the_layout_of_aclimdb_keeps_splits_and_ignores_unlabelled_texts(
    source: Path, data: Path
) -> None:
    for split in ("train", "test"):
        for label in ("pos", "neg", "unsup"):
            folder = source / split / label
            folder.mkdir(parents=True)
            for number in range(3):
                (folder / f"{number}_7.txt").write_text(f"{split} {label} {number}\n")
    made, notes = add_corpus("films", source, data)
    documents = read_documents(made)
    assert len(documents) == 12
    assert documents.classes == ("neg", "pos")
    assert documents.splits.count("test") == 6
    assert any("unsup" in note for note in notes)


def test_folders_are_classes_and_a_flat_folder_is_one_text(source: Path, data: Path) -> None:
    for label in ("good", "bad"):
        (source / label).mkdir()
        (source / label / "a.txt").write_bytes("été".encode("utf-16"))
    made, _ = add_corpus("films", source, data)
    assert read_documents(made).labels == ("bad", "good")
    flat = source / "good"
    (flat / "b.txt").write_text("second\n")
    made, _ = add_corpus("text", flat, data)
    assert read_corpus(made) == "été\n\nsecond\n\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b" \n\t\n", "is empty"),
        ("a.txt", b"\xef\xbb\xbf", "is empty"),
        ("a.txt", bytes(range(256)) * 20, "is a binary file"),
        ("a.txt", b"\x7fELF\x01\x01" + b"\1\2\3\4" * 50, "is a binary file"),
        ("a.txt", "Été\nde\n".encode() + b"caf\xe9\n", "is not valid UTF-8 in line 3"),
        ("a.txt", "Été d'été".encode()[:-1], "is not valid UTF-8 in line 1"),
        ("a.txt", "text".encode("utf-16") + b"\x00", "is not valid UTF-16"),
        ("a.txt.gz", gzip.compress(b"text" * 999, mtime=0)[:-20], "is not a complete gzip file"),
        ("a.txt.gz", b"no gzip", "is not a complete gzip file"),
        ("a.csv", b"label,text\n1,one\n1,two\n", "have the label '1'"),
        ("a.csv", b"label,text\n", "has no documents"),
        ("a.csv", b"text,stars\na,1\n", "no column 'label'"),
        ("a.csv", b"label,body\n1,a\n", "no column 'text'"),
        ("a.csv", b'label,text\n1,"open\n', "line 2"),
        ("a.csv", b"label,text,split\n1,a,dev\n", "unknown split 'dev'"),
        ("a.csv", b"label,text,split\n1,a,test\n0,b,test\n", "no documents in the train split"),
        ("a.jsonl", b'{"label": 1}\n', "no key 'text'"),
        ("a.jsonl", b"label\n", "is not valid JSON"),
    ],
)
def test_an_invalid_file_is_refused_in_one_line_and_leaves_nothing(
    source: Path, data: Path, name: str, content: bytes, words: str
) -> None:
    (source / name).write_bytes(content)
    assert words in refused("mine", source / name, data)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../mine", "is not a valid name for a corpus"),
        ("", "is not a valid name for a corpus"),
        (".hidden", "is not a valid name for a corpus"),
        ("a b", "is not a valid name for a corpus"),
        ("n" * 65, "is not a valid name for a corpus"),
        ("stump", "is a built-in corpus"),
    ],
)
def test_a_bad_name_is_refused(source: Path, data: Path, name: str, words: str) -> None:
    (source / "a.txt").write_text("some text")
    assert words in refused(name, source / "a.txt", data)


def test_other_bad_input_is_refused(source: Path, data: Path) -> None:
    assert "there is no file or folder" in refused("mine", source / "nothing", data)
    assert "no .txt files" in refused("mine", source, data)
    (source / "a.txt").write_text("some text")
    for name in ("utf-99", "", "rot13", "base64"):
        assert "encoding" in refused("mine", source / "a.txt", data, AddOptions(encoding=name))


def test_a_corpus_is_replaced_only_on_request(source: Path, data: Path) -> None:
    (source / "a.csv").write_text(TABLE)
    (source / "b.txt").write_text("some text")
    add_corpus("mine", source / "a.csv", data)
    assert "already exists" in refused("mine", source / "b.txt", data)
    add_corpus("mine", source / "b.txt", data, AddOptions(is_replacing=True))
    assert [file.name for file in data.iterdir()] == ["mine.txt"]


def test_a_full_disk_is_one_line_and_leaves_nothing(
    source: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "a.txt").write_text("some text")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "no space left" in refused("mine", source / "a.txt", data)


def test_a_folder_that_cannot_be_written_to_is_a_failure(source: Path, data: Path) -> None:
    (source / "a.txt").write_text("some text")
    data.write_text("a file, no folder")
    with pytest.raises(RnnlabError, match="cannot write"):
        add_corpus("mine", source / "a.txt", data)


def test_memory_does_not_grow_with_the_text(source: Path, data: Path) -> None:
    """Five times the text needs less than 1.1 times the memory."""
    peaks = []
    for number in (1, 5):
        file = source / f"{number}.txt"
        file.write_text("A line of some letters, like any other.\n" * 50_000 * number)
        tracemalloc.start()
        made, _ = add_corpus(f"big{number}", file, data, block_chars=1 << 16)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert made.stat().st_size == file.stat().st_size
        file.unlink()
    assert peaks[1] < 1.1 * peaks[0]
