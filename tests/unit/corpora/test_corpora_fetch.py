"""Fetching corpora: from a working or failing server, and from downloaded files."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import socket
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError, RnnlabError, UnknownNameError
from rnnlab.corpora import (
    Request,
    Source,
    corpus_names,
    describe_corpora,
    fetch_corpus,
    load_source,
    read_corpus,
    read_documents,
    source_names,
    vectors_width,
    wanted_words,
)
from tests.toys.file_server import Server, serving

TEXT = "To be, or not to be: that is the question.\n" * 3_000
VECTORS = "the 0.1 -0.2\nof 1 2\ngood 0.5 -1e-3\nbad -0.5 .25\n".replace(" .25", " 0.25")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with serving(TEXT.encode()) as server:
        yield server


@pytest.fixture
def server(served: Server) -> Server:
    served.requests.clear()
    return served


class Known(NamedTuple):
    """Sets the known hash and address of a source."""

    monkeypatch: pytest.MonkeyPatch

    def make(self, name: str, content: bytes, url: str = "", form: int = 0) -> Source:
        source = load_source(name)
        forms = list(source.forms)
        forms[form] = replace(forms[form], sha256=hashlib.sha256(content).hexdigest())
        made = replace(source, forms=tuple(forms), size_bytes=len(content), url=url or source.url)
        self.monkeypatch.setattr(registry.load("corpora/sources", name), "SOURCE", made)
        return made


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    return Known(monkeypatch)


def files(data: Path) -> list[str]:
    return sorted(file.name for file in data.rglob("*") if file.is_file()) if data.exists() else []


def refused(name: str, data: Path, given: Path | None = None) -> str:
    with pytest.raises(BadInputError) as caught:
        fetch_corpus(name, data, given)
    assert str(caught.value).isprintable()
    return str(caught.value)


# Sources


@pytest.mark.parametrize("name", source_names())
def test_a_source_has_all_fields(name: str) -> None:
    source = load_source(name)
    assert urlsplit(source.url).scheme == "https"
    assert source.licence
    assert source.size_bytes > 1_000_000
    first = source.forms[0]
    assert first.sha256 is not None
    assert source.archive_name.endswith(first.endings)
    assert registry.summary("corpora/sources", name).endswith(".")


def test_downloadable_corpora_are_listed_with_size_and_licence(data: Path) -> None:
    listed = {c.name: c for c in describe_corpora(data) if c.state == "fetch"}
    assert set(listed) == set(source_names())
    imdb = listed["imdb"]
    assert (imdb.size_bytes, imdb.task) == (84_125_825, "classify")
    assert "Maas" in imdb.licence
    data.mkdir()
    (data / "imdb.csv").write_text("label,text\n0,a\n1,b\n")
    (data / "glove.6B.50d.txt").write_text(VECTORS)
    states = {c.name: c.state for c in describe_corpora(data)}
    assert states["imdb"] == "here"
    assert "glove.6B.50d" not in states


def test_an_unknown_name_is_refused(data: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'moliere'"):
        fetch_corpus("molière", data)


# From a server


@pytest.mark.parametrize("manner", ["good", "slow", "truncated", "rangeless"])
def test_a_download_is_complete(data: Path, server: Server, known: Known, manner: str) -> None:
    known.make("shakespeare", server.content, server.url(manner))
    told: list[tuple[int, int]] = []
    fetched = fetch_corpus("shakespeare", data, progress=lambda *s: told.append(s))
    assert fetched.file.read_bytes() == server.content
    assert files(data) == ["shakespeare.txt"]
    assert told[-1] == (len(server.content), len(server.content))
    assert corpus_names(data).count("shakespeare") == 1
    if manner == "truncated":
        starts = [int(wanted[6:-1]) for _, wanted in server.requests if wanted]
        assert len(starts) >= 2
        assert starts == sorted(set(starts))
        assert starts[0] > 0.2 * len(server.content)


def test_a_broken_download_is_resumed(data: Path, server: Server, known: Known) -> None:
    known.make("shakespeare", server.content, server.url("dead"))
    with pytest.raises(RnnlabError, match=r"after 0\.0 of 0\.1 MB.*again to resume") as caught:
        fetch_corpus("shakespeare", data)
    assert caught.value.exit_code == 1
    assert files(data) == [".text.txt.part"]
    server.requests.clear()
    known.make("shakespeare", server.content, server.url("good"))
    fetched = fetch_corpus("shakespeare", data)
    ((path, wanted),) = server.requests
    assert path == "/good/text.txt"
    assert wanted == f"bytes={(len(server.content) // 3) >> 14 << 14}-"
    assert fetched.file.read_bytes() == server.content
    assert files(data) == ["shakespeare.txt"]


def test_a_stalled_server_is_a_failure(data: Path, server: Server, known: Known) -> None:
    known.make("shakespeare", server.content, server.url("stalled"))
    # On a busy machine even the first third may time out.
    with pytest.raises(RnnlabError, match=r"failed .*no data for 0\.2 s"):
        fetch_corpus("shakespeare", data, stall_s=0.2)


@pytest.mark.parametrize(
    ("manner", "words"),
    [("wrong", "its hash differs"), ("endless", "sends more than the expected 129,000 bytes")],
)
def test_a_file_with_another_hash_is_refused_and_removed(
    data: Path, server: Server, known: Known, manner: str, words: str
) -> None:
    known.make("shakespeare", server.content, server.url(manner))
    assert words in refused("shakespeare", data)
    assert files(data) == []


def test_an_http_error_is_reported(data: Path, server: Server, known: Known) -> None:
    known.make("shakespeare", server.content, server.url("missing"))
    with pytest.raises(RnnlabError, match=r"127\.0\.0\.1 answers 404 .*--from FILE"):
        fetch_corpus("shakespeare", data)
    with socket.socket() as deaf:  # bound, but not listening
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        known.make("shakespeare", server.content, f"http://127.0.0.1:{port}/text.txt")
        with pytest.raises(RnnlabError, match=r"failed at once .the server cannot be reached"):
            fetch_corpus("shakespeare", data)
    assert files(data) == []


def test_the_free_space_is_checked_before_the_download(
    data: Path, server: Server, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.make("shakespeare", server.content, server.url("good"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    assert "the download needs" in refused("shakespeare", data)
    assert (files(data), server.requests) == ([], [])


def test_an_existing_corpus_is_not_fetched_again(data: Path, server: Server, known: Known) -> None:
    known.make("shakespeare", server.content, server.url("good"))
    fetch_corpus("shakespeare", data)
    server.requests.clear()
    assert "already exists" in refused("shakespeare", data)
    assert server.requests == []
    fetch_corpus("shakespeare", data, is_replacing=True)
    assert len(server.requests) == 1


# From downloaded files


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


# Bad archives


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
    file = tmp_path / "a.tar"
    with tarfile.open(file, "w") as archive:
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
        ("imdb", gzip.compress(b"no tar file " * 100)[:-9]),
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
