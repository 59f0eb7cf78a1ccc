"""Targets: texts, documents and vectors; see `targets.py` for the rules."""

from __future__ import annotations

from rnnlab.corpora import (
    AddOptions,
    Repairs,
    UnpackLimit,
    add_corpus,
    read_corpus,
    read_documents,
    read_lines,
    read_texts,
    read_vectors,
    vectors_width,
)
from tests.fuzz.files import file_with, folder, refusals, text_of


def documents(data: bytes) -> None:
    """Tables and JSON lines; what is added as a corpus can be read again."""
    for name in ("a.csv", "a.tsv", "a.jsonl"):
        file = file_with(name, data)
        for repairs in (Repairs("strict"), Repairs("replace"), Repairs("skip")):
            with refusals():
                found = read_documents(file, repairs=repairs)
                assert len(found) == len(found.labels)
            with refusals():
                read_texts(file, repairs=repairs)
        with refusals():
            made, _ = add_corpus("d", file, folder() / "data", AddOptions("utf-8", errors="skip"))
            try:
                read_documents(made)
            finally:
                made.unlink()
        assert not [*(folder() / "data").glob("*")]


def texts(data: bytes) -> None:
    """A text in any encoding becomes a corpus that can be read, or nothing."""
    for name in ("a.txt", "b.txt.gz"):
        file = file_with(name, data)
        for errors in ("strict", "skip"):
            wish = AddOptions(errors=errors, unpack_limit=UnpackLimit(1 << 20, 1))
            with refusals():
                made, _ = add_corpus("t", file, folder() / "data", wish)
                try:
                    read_corpus(made)
                finally:
                    made.unlink()
            assert not [*(folder() / "data").glob("*")]
    with refusals():
        read_lines(file_with("lines.txt", data))


def encodings(data: bytes) -> None:
    """The first line names an encoding; what follows is a text in it."""
    name, _, content = data.partition(b"\n")
    for errors in ("strict", "replace", "skip"):
        with refusals():
            wish = AddOptions(text_of(name), errors=errors)
            made, _ = add_corpus("t", file_with("a.txt", content), folder() / "data", wish)
            made.read_text(encoding="utf-8")
            made.unlink()
        assert not [*(folder() / "data").glob("*")]


def vectors(data: bytes) -> None:
    file = file_with("vectors.txt", data)
    for errors in ("strict", "replace", "skip"):
        with refusals():
            width = vectors_width(file, errors)
            assert 1 <= width <= len(data)
            found = read_vectors(file, ["the", " cat"], width, repairs=Repairs(errors))
            assert found.matrix.shape == (2, width)
