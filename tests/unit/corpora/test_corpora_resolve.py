"""Finding a corpus by name or path, and reading its text."""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import shipped_folder
from rnnlab.corpora import (
    corpus_names,
    describe_corpora,
    find_corpus,
    made_names,
    read_corpus,
    shown_name,
    suggested_task,
    suits,
)
from tests.toys.refused import refused

quick = settings(max_examples=60)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        file = tmp_path / "corpus.txt"
        file.write_bytes(content)
        return file

    return write


@quick
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))
def test_any_text_is_normalised(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("text") / "corpus.txt"
    file.write_bytes(("x" + text).encode())
    assert read_corpus(file) == unicodedata.normalize("NFC", "x" + text)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a\r\nb\rc\nd", "a\nb\nc\nd"),
        (b"\xef\xbb\xbfabc", "abc"),
        ("e\u0301t\u0065\u0301".encode(), "été"),
        ("\ufb01n".encode(), "\ufb01n"),
        ("👩🏽‍🚀".encode(), "👩🏽‍🚀"),
        (b"  a  ", "  a  "),
        (b"a\xef\xbb\xbfb", "a\ufeffb"),
        (b"a\x85b\xe2\x80\xa8c".replace(b"\x85", b"\xc2\x85"), "a\x85b\u2028c"),
    ],
)
def test_bytes_become_this_text(write: Callable[[bytes], Path], content: bytes, text: str) -> None:
    assert read_corpus(write(content)) == text


@pytest.mark.parametrize(
    ("limit", "text"), [(1, "é"), (3, "éa\n"), (4, "éa\nb"), (99, "éa\nb"), (None, "éa\nb")]
)
def test_a_limit_counts_characters_not_bytes(
    write: Callable[[bytes], Path], limit: int | None, text: str
) -> None:
    assert read_corpus(write("éa\r\nb".encode()), limit) == text


def test_a_limit_does_not_read_the_whole_file(write: Callable[[bytes], Path]) -> None:
    file = write(b"a" * 1_000_000 + b"\xff")
    assert read_corpus(file, 100) == "a" * 100
    assert "not UTF-8" in refused(lambda: read_corpus(file))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\r\n ", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a\0b", "is a binary file"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8 (byte 0x89)"),
        ("été".encode("latin-1"), "not UTF-8 (byte 0xe9)"),
        ("été".encode("utf-16"), "not UTF-8 (byte 0xff)"),
        (b"abc\xc3", "not UTF-8 (byte 0xc3)"),
    ],
)
def test_a_file_that_is_not_a_text_is_refused_in_one_line(
    write: Callable[[bytes], Path], content: bytes, said: str
) -> None:
    file = write(content)
    message = refused(lambda: read_corpus(file))
    assert said in message
    assert str(file) in message


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refused(lambda: read_corpus(tmp_path / "none.txt"))
    assert "a folder, not a file" in refused(lambda: read_corpus(tmp_path))


# Gzipped


def test_a_gzipped_text_is_read_like_a_plain_one(tmp_path: Path) -> None:
    content = "\ufeffe\u0301t\r\né".encode()
    plain, packed = tmp_path / "a.txt", tmp_path / "a.txt.gz"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content, mtime=0))
    assert read_corpus(packed) == read_corpus(plain) == "ét\né"
    assert read_corpus(packed, 3) == read_corpus(plain, 3) == "ét"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no gzip at all", "is not a complete gzip file"),
        (gzip.compress(b"abc" * 1000, mtime=0)[:-12], "is not a complete gzip file"),
        (gzip.compress(b"abc" * 1000, mtime=0)[:12] + b"\xff" * 30, "is not a complete gzip file"),
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(b"a\nb\n\xe9t\xe9\n", mtime=0), "is not UTF-8 (byte 0xe9) in line 3"),
        (gzip.compress(b"a\0b", mtime=0), "is a binary file"),
    ],
)
def test_a_broken_gzipped_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "a.txt.gz"
    file.write_bytes(content)
    message = refused(lambda: read_corpus(file))
    assert said in message
    assert str(file) in message


def test_invalid_utf8_is_reported_with_its_line(write: Callable[[bytes], Path]) -> None:
    file = write(b"ab\r\n" * 70_000 + b"\xe9" + b"\nab" * 10)
    assert "(byte 0xe9) in line 70001" in refused(lambda: read_corpus(file))


# Finding


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with `data/moliere.txt` and a file `moliere`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RNNLAB_DATA", raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "moliere.txt").write_text("data")
    (tmp_path / "moliere").write_text("file")
    (tmp_path / "moliere.txt").write_text("file with an ending")
    return tmp_path


def test_a_name_is_looked_up_in_the_data_folder_before_it_is_a_path(folder: Path) -> None:
    assert find_corpus("moliere").read_text() == "data"
    assert find_corpus("./moliere").read_text() == "file"
    assert find_corpus("moliere.txt").read_text() == "file with an ending"
    assert find_corpus(str(folder / "moliere")).read_text() == "file"


def test_every_ending_of_a_corpus_is_found_by_name(folder: Path) -> None:
    for ending in (".txt", ".csv", ".tsv", ".jsonl"):
        for file_name in (f"reviews{ending}", f"reviews{ending}.gz"):
            file = folder / "data" / file_name
            file.write_text("")
            assert find_corpus("reviews") == Path("data") / file_name
            assert corpus_names().count("reviews") == 1
            assert find_corpus(f"data/{file_name}") == file.resolve()
            file.unlink()


def test_a_folder_or_a_dead_link_of_such_a_name_is_not_a_corpus(folder: Path) -> None:
    (folder / "data" / "a.txt").mkdir()
    (folder / "data" / "b.txt").symlink_to("/nowhere/at/all")
    (folder / "data" / "copy:foo=1.txt").write_text("a text of the user's")
    names = {corpus.name: corpus for corpus in describe_corpora()}
    assert not {"a", "b"} & set(names)
    assert names["copy:foo=1"].summary == "your text file"


def test_a_text_overrides_documents_of_the_same_name(folder: Path) -> None:
    (folder / "data" / "moliere.csv.gz").write_text("")
    assert find_corpus("moliere").name == "moliere.txt"
    assert corpus_names() == sorted(["moliere", *made_names()])


def test_the_data_folder_is_the_given_one_then_the_environments(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("given", "environment"):
        (folder / name).mkdir()
        (folder / name / "moliere.txt").write_text(name)
    monkeypatch.setenv("RNNLAB_DATA", str(folder / "environment"))
    assert find_corpus("moliere").read_text() == "environment"
    assert find_corpus("moliere", folder / "given").read_text() == "given"


def test_a_users_corpus_overrides_the_shipped_one_of_the_same_name(folder: Path) -> None:
    assert find_corpus("stump") == shipped_folder() / "data" / "stump.txt"
    (folder / "data" / "stump.txt").write_text("mine")
    assert find_corpus("stump").read_text() == "mine"


def test_a_path_becomes_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run may be resumed from another working folder."""
    assert find_corpus("data/moliere.txt") == (folder / "data" / "moliere.txt").resolve()
    monkeypatch.setenv("HOME", str(folder))
    assert find_corpus("~/moliere.txt") == (folder / "moliere.txt").resolve()


def test_the_error_of_a_downloadable_corpus_names_the_command(folder: Path) -> None:
    for corpus in ("imdb", "shakespeare.txt"):
        with pytest.raises(BadInputError, match=r"rnnlab corpora fetch (imdb|shakespeare)"):
            find_corpus(corpus)


def test_the_error_of_an_unknown_corpus_lists_the_known_ones(folder: Path) -> None:
    message = refused(lambda: find_corpus("écume"))
    assert "there is no corpus or file 'écume'" in message
    assert "moliere" in message.partition("corpora:")[2]


def test_the_error_of_an_unknown_corpus_names_the_nearest(folder: Path) -> None:
    message = refused(lambda: find_corpus("molière"))
    assert "there is no corpus or file 'molière'" in message
    assert message.endswith("did you mean 'moliere'?")


@pytest.mark.parametrize(
    ("corpus", "said"),
    [
        ("", "name of the corpus is empty"),
        ("  ", "name of the corpus is empty"),
        ("a\0b", "name of the corpus is empty"),
        ("data", "is a folder"),
        (".", "is a folder"),
        ("..", "is a folder"),
        ("data/moliere", "there is no corpus or file"),
        ("../data/moliere", "there is no corpus or file"),
        ("moliere/x", "there is no corpus or file"),
        ("x" * 5000, "File name too long"),
        ("~nobody-of-this-name/x.txt", "home folder"),
        ("\x1b[31mred", "there is no corpus or file"),
    ],
)
def test_an_invalid_corpus_is_refused_in_one_line(folder: Path, corpus: str, said: str) -> None:
    assert said in refused(lambda: find_corpus(corpus))


def test_a_shipped_corpus_has_its_task_and_any_other_text_is_a_stream() -> None:
    assert suits("stump")["task"] == suits(str(find_corpus("stump")))["task"] == "sentences"
    assert suggested_task(Path("somewhere/mine.txt")) == "stream"


@pytest.mark.parametrize(
    "ending", [".csv", ".tsv", ".jsonl", ".csv.gz", ".jsonl.gz", ".CSV", ".tsv.GZ"]
)
def test_documents_are_classified(ending: str) -> None:
    assert suggested_task(Path(f"somewhere/mine{ending}")) == "classify"


def test_the_ending_gz_alone_does_not_decide_the_task() -> None:
    for name in ("mine.txt.gz", "mine.gz", "csv", "csv.gz"):
        assert suggested_task(Path(name)) == "stream"


def test_a_corpus_is_shown_without_folder_and_ending() -> None:
    assert shown_name("/somewhere/else/moliere.txt") == "moliere"
    assert shown_name("/somewhere/else/moliere.txt.gz") == "moliere"
    assert shown_name("/somewhere/reviews.csv.gz") == shown_name("reviews.CSV.GZ") == "reviews"
    assert shown_name("stump") == "stump"
