"""Fetching corpora from a working or failing server."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from rnnlab.base import registry
from rnnlab.base.errors import RnnlabError, UnknownNameError
from rnnlab.corpora import (
    corpus_names,
    describe_corpora,
    fetch_corpus,
    load_source,
    source_names,
)
from tests.toys.file_server import Server, serving
from tests.toys.known_sources import TEXT, VECTORS, Known, files, refused


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


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    return Known(monkeypatch)


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
