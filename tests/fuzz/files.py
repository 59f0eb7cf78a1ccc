"""Files that a target reads, and the errors that it may raise."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore


@cache
def folder() -> Path:
    """Return a folder for the files of this process, in `$TMPDIR`."""
    return Path(tempfile.mkdtemp(prefix="rnnlab-fuzz-"))


def remove_folder() -> None:
    """Delete the files of this process."""
    shutil.rmtree(folder(), ignore_errors=True)
    folder.cache_clear()
    run_folder.cache_clear()


@contextmanager
def refusals() -> Iterator[None]:
    """Let the documented errors pass; their message is one printable line."""
    try:
        yield
    except RnnlabError as error:
        message = str(error)
        assert message.strip()
        assert "\n" not in message, message


def file_with(name: str, data: bytes) -> Path:
    """Write a file of this process; return it."""
    file = folder() / name
    file.write_bytes(data)
    return file


def text_of(data: bytes) -> str:
    """Return a text for an input; after a byte 0xff, with unpaired surrogates."""
    return data.decode("utf-8", "surrogateescape" if data[:1] == b"\xff" else "replace")


@cache
def run_folder() -> Run:
    """Return the run of this process."""
    return RunStore(folder() / "runs").create("r", 'corpus = "stump"\n')
