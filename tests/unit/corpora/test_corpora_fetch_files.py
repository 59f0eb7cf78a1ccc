"""Known corpora from files that were downloaded before: texts, tables, vectors, bad archives."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import (
    Request,
    corpus_names,
    fetch_corpus,
    read_corpus,
    read_documents,
    vectors_width,
    wanted_words,
)
from tests.toys.known_sources import TEXT, VECTORS, Known, files, refused


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    return Known(monkeypatch)


@pytest.mark.parametrize("name", ["moliere", "shakespeare"])
def test_a_text_is_recognised_by_its_hash_under_any_name(
    tmp_path: Path, data: Path, known: Known, name: str
) -> None:
    given = tmp_path / "download(1)"
    given.write_text(TEXT)
    assert "is not the expected file: its SHA-256 is" in refused(name, data, given)
    known.make(name, TEXT.encode())
    fetched = fetch_corpus(name, data, given)
    assert read_corpus(fetched.file) == TEXT
    assert given.exists()
    assert "its hash is correct" in fetched.notes[0]


@pytest.mark.parametrize("name", ["text8", "enwik8"])
def test_a_text_in_a_zip_file_is_read(tmp_path: Path, data: Path, known: Known, name: str) -> None:
    given = write_zip(tmp_path / "a.zip", {name: TEXT.encode() + "é".encode()[:1]})
    known.make(name, given.read_bytes())
    fetched = fetch_corpus(name, data, given)
    assert fetched.file == data / f"{name}.txt"
    assert fetched.file.read_text("utf-8") == TEXT


def test_the_extracted_text_of_enwik8_is_accepted(tmp_path: Path, data: Path, known: Known) -> None:
    given = tmp_path / "enwik8"
    given.write_text(TEXT)
    known.make("enwik8", TEXT.encode(), form=1)
    assert read_corpus(fetch_corpus("enwik8", data, given).file) == TEXT


def test_the_archive_of_reviews_becomes_a_sorted_table(
    tmp_path: Path, data: Path, known: Known
) -> None:
    given = write_tar(
        tmp_path / "a.tar.gz",
        {
            "aclImdb/test/neg/0_2.txt": b'Dull, "dull".<br />',
            "aclImdb/train/unsup/0_0.txt": b"no label",
            "aclImdb/train/neg/2_1.txt": b"Two",
            "aclImdb/train/neg/10_3.txt": b"Ten",
            "aclImdb/train/pos/0_9.txt": "Très good".encode(),
            "aclImdb/README": b"read me",
        },
    )
    known.make("imdb", given.read_bytes())
    fetched = fetch_corpus("imdb", data, given)
    assert fetched.file.read_text("utf-8") == (
        "split,label,rating,id,text\n"
        "train,1,9,0,Très good\n"
        "train,0,1,2,Two\n"
        "train,0,3,10,Ten\n"
        'test,0,2,0,"Dull, ""dull"".<br />"\n'
    )
    assert read_documents(fetched.file).splits == ("train", "train", "train", "test")


def test_a_table_of_reviews_is_accepted_if_it_has_splits(tmp_path: Path, data: Path) -> None:
    given = tmp_path / "reviews.csv.gz"
    given.write_bytes(gzip.compress(b"label,text\n1,a\n0,b\n"))
    assert "does not name the split" in refused("imdb", data, given)
    given.write_bytes(gzip.compress(b"split,label,text\ntrain,1,a\ntrain,1,b\n"))
    assert "have the label '1'" in refused("imdb", data, given)
    assert files(data) == []
    given.write_bytes(gzip.compress(b"split,label,text\ntrain,1,a\ntest,0,b\n"))
    fetched = fetch_corpus("imdb", data, given)
    assert read_documents(fetched.file).splits == ("train", "test")
    assert "its hash is not checked" in fetched.notes[0]


def test_only_the_vectors_of_requested_words_are_extracted(
    tmp_path: Path, data: Path, known: Known
) -> None:
    given = write_zip(tmp_path / "glove.zip", {"glove.6B.200d.txt": VECTORS.encode()})
    known.make("glove", given.read_bytes())
    words = frozenset({"good", "of"})
    fetched = fetch_corpus("glove", data, given, Request(200, words))
    assert fetched.file.name == "glove.6B.200d.txt"
    assert [line.split()[0] for line in fetched.file.read_text().splitlines()] == ["of", "good"]
    assert corpus_names(data) == corpus_names(tmp_path)
    with pytest.raises(BadInputError, match="no vectors of 60 elements"):
        fetch_corpus("glove", data, given, Request(60))
    with pytest.raises(BadInputError, match="no vector for any of the words"):
        fetch_corpus("glove", data, given, Request(200, frozenset({"zzz"})), is_replacing=True)
    assert [line.split()[0] for line in fetched.file.read_text().splitlines()] == ["of", "good"]


@pytest.mark.parametrize("is_packed", [False, True])
def test_one_file_of_vectors_is_accepted(tmp_path: Path, data: Path, is_packed: bool) -> None:
    content = VECTORS.encode()
    given = tmp_path / ("v.txt.gz" if is_packed else "v.txt")
    given.write_bytes(gzip.compress(content) if is_packed else content)
    fetched = fetch_corpus("glove", data, given)
    assert fetched.file.name == "glove.6B.2d.txt"
    assert vectors_width(fetched.file) == 2
    (tmp_path / "no.txt").write_text("no vectors\n")
    assert "has no word vectors" in refused("glove", data, tmp_path / "no.txt")


def test_the_requested_words_are_those_of_all_documents(data: Path) -> None:
    assert wanted_words(data) == (None, "all words")
    data.mkdir()
    (data / "a.csv").write_text("label,text\n1,Good stuff\n0,bad\n")
    (data / "b.txt").write_text("other words")
    words, whose = wanted_words(data)
    assert words == frozenset({"good", "stuff", "bad"})
    assert whose == "the words of a"


def write_zip(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def write_tar(file: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


@pytest.mark.parametrize("member", ["../evil.txt", "/etc/evil.txt", "a/../../evil", "a\\..\\..\\b"])
def test_an_archive_with_a_member_outside_of_its_folder_is_refused(
    tmp_path: Path, data: Path, known: Known, member: str
) -> None:
    zipped = write_zip(tmp_path / "a.zip", {"text8": b"text", member: b"evil"})
    known.make("text8", zipped.read_bytes())
    assert "a member outside of its folder" in refused("text8", data, zipped)
    reviews = {"aclImdb/train/pos/0_9.txt": b"good", member: b"evil"}
    packed = write_tar(tmp_path / "a.tar.gz", reviews)
    known.make("imdb", packed.read_bytes())
    assert "a member outside of its folder" in refused("imdb", data, packed)
    assert files(data) == []


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path, data: Path, known: Known) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    file = tmp_path / "a.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        link = tarfile.TarInfo("aclImdb/train/pos/0_9.txt")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        archive.addfile(link)
    known.make("imdb", file.read_bytes())
    assert "has no reviews" in refused("imdb", data, file)
    assert files(data) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text8", b"no zip file"),
        ("text8", b"PK\x03\x04 broken"),
        ("imdb", b"no tar file"),
        ("imdb", gzip.compress(b"no tar file " * 100, mtime=0)[:-9]),
        ("glove", b""),
    ],
    ids=["no zip", "broken zip", "no tar", "cut tar", "empty"],
)
def test_a_broken_archive_is_refused_in_one_line(
    tmp_path: Path, data: Path, known: Known, name: str, content: bytes
) -> None:
    given = tmp_path / "given"
    given.write_bytes(content)
    known.make(name, content)
    assert "is not a complete archive" in refused(name, data, given)
    assert files(data) == []


def test_an_archive_without_the_member_is_refused(tmp_path: Path, data: Path, known: Known) -> None:
    given = write_zip(tmp_path / "a.zip", {"other": b"text"})
    known.make("text8", given.read_bytes())
    assert "is not a complete archive of the expected layout" in refused("text8", data, given)
    assert "cannot read" in refused("text8", data, tmp_path / "nothing")
    assert "cannot read" in refused("text8", data, tmp_path)
