"""Download a file of known size and hash; after a broken connection, continue with the rest.

Pooch checks the hash and moves the file into place. This module does the download itself, because
pooch would restart from zero after a broken connection.
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.regular_files import open_regular
from rnnlab.corpora._atomic import cannot_write
from rnnlab.corpora._encoding import Progress

CONNECT_S, STALL_S = 15.0, 30.0
"""Timeouts in seconds: to connect, and to receive the next bytes."""
_ATTEMPTS = 5
"""Number of consecutive connections without data after which a download fails."""
_BLOCK = 1 << 14
"""Bytes per block; an unfinished block of a broken connection is discarded."""


def download(
    url: str,
    file: Path,
    known_hash: str,
    size: int,
    progress: Progress,
    stall_s: float = STALL_S,
) -> None:
    """Download `url` to `file`; continue an earlier download if there is a partial file.

    known_hash: `sha256:...`. size: size of the file in bytes. stall_s: timeout for the next bytes,
    in seconds. Raises RnnlabError if the network fails; the partial file stays next to `file`.
    Raises BadInputError if the disk has too little space, or if the hash differs; a file with a
    wrong hash is deleted.
    """
    import pooch  # importing pooch and requests takes 0.3 s

    pooch.get_logger().setLevel(logging.WARNING)
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(file.parent).free
        num_bytes = part.stat().st_size if part.exists() else 0
        if free < size - num_bytes:
            raise BadInputError(
                f"{file.parent} has {free / 1e6:,.0f} MB free, but the download needs "
                f"{(size - num_bytes) / 1e6:,.0f} MB",
                "free some space, or choose another folder with --data",
            )

        def fetch(url: str, to: Any, _: object) -> None:
            _complete(url, part, size, progress, stall_s)
            shutil.move(part, to)

        pooch.retrieve(url, known_hash, file.name, file.parent, downloader=fetch)
    except ValueError:
        part.unlink(missing_ok=True)
        raise BadInputError(
            f"the file from {_host(url)} is not the expected one: its hash differs",
            "download it elsewhere and give it with --from FILE",
        ) from None
    except OSError as error:
        raise cannot_write(file, error) from None
    finally:
        with suppress(OSError):
            file.parent.rmdir()  # removes the folder only if it is empty


def _complete(url: str, part: Path, size: int, progress: Progress, stall_s: float) -> None:
    """Complete a partial file, over several connections if necessary."""
    import requests

    num_failures = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        if before == size:
            return
        reason = ""
        try:
            _continue(url, part, before, size, progress, stall_s)
        except requests.RequestException as error:
            reason = _reason(error, stall_s)
        after = part.stat().st_size if part.exists() else 0
        if after == size:
            return
        num_failures = 0 if after > before else num_failures + 1
        if num_failures >= _ATTEMPTS or (num_failures and not after):
            progress_made = f"after {after / 1e6:,.1f} of {size / 1e6:,.1f} MB"
            resume = "run the same command again to resume, or " if after else ""
            raise RnnlabError(
                f"the connection to {_host(url)} failed {progress_made if after else 'at once'}"
                f"{f' ({reason})' if reason else ''}",
                f"{resume}download {url} elsewhere and give it with --from FILE",
            )


def _continue(
    url: str, part: Path, num_bytes: int, size: int, progress: Progress, stall_s: float
) -> None:
    """Append the data of one connection to a partial file of `num_bytes` bytes."""
    import requests

    headers = {"Accept-Encoding": "identity"}
    if num_bytes:
        headers["Range"] = f"bytes={num_bytes}-"
    with requests.get(url, headers=headers, stream=True, timeout=(CONNECT_S, stall_s)) as answer:
        if answer.status_code == 416:  # the remote file is shorter: start again
            part.unlink(missing_ok=True)
            return
        if answer.status_code not in (200, 206):
            raise RnnlabError(
                f"{_host(url)} answers {answer.status_code} {answer.reason} for {url}",
                "download the file elsewhere and give it with --from FILE",
            )
        is_resuming = num_bytes and answer.status_code == 206
        flags = os.O_APPEND if is_resuming else os.O_TRUNC
        with os.fdopen(open_regular(part, os.O_WRONLY | os.O_CREAT | flags), "wb") as stream:
            blocks = answer.iter_content(_BLOCK)
            _write_blocks(blocks, stream, num_bytes if is_resuming else 0, size, progress)
    if part.stat().st_size > size:
        part.unlink()
        raise BadInputError(
            f"{_host(url)} sends more than the expected {size:,} bytes",
            "download the file elsewhere and give it with --from FILE",
        )


def _write_blocks(
    blocks: Any, stream: IO[bytes], num_bytes: int, size: int, progress: Progress
) -> None:
    for block in blocks:
        stream.write(block)
        num_bytes += len(block)
        progress(min(num_bytes, size), size)
        if num_bytes > size:
            return


def _reason(error: Exception, stall_s: float) -> str:
    """Return a short description of a failed connection."""
    name = type(error).__name__
    if "timed out" in str(error) and name != "ConnectTimeout":
        return f"no data for {stall_s:g} s"
    return {
        "ConnectionError": "the server cannot be reached",
        "ConnectTimeout": "the server does not answer",
        "ChunkedEncodingError": "the connection ended early",
        "SSLError": "the certificate is not valid",
    }.get(name, name)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
