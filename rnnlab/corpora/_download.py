"""A file from the network: its size and hash are known, what has come already is not asked again.

Pooch checks the hash and puts the file in its place; the download itself is ours, since pooch
starts anew where a connection breaks.
"""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.corpora._atomic import cannot_write
from rnnlab.corpora._encoding import Progress

CONNECT_S, STALL_S = 15.0, 30.0
"""How long a server may take to answer, and to send anything more."""
_ATTEMPTS = 5
"""Connections in a row that bring nothing before a download is given up."""
_BLOCK = 1 << 14
"""Bytes taken at once; of a block that a broken connection leaves unfinished nothing is kept."""


def download(
    url: str,
    file: Path,
    known_hash: str,
    size: int,
    progress: Progress,
    stall_s: float = STALL_S,
) -> None:
    """Get `url` as `file`; go on where an earlier attempt broke off.

    known_hash: `sha256:...`. size: the file's bytes; more are not read. stall_s: seconds that the
    server may take to send the next bytes. Raises RnnlabError if the network fails: the bytes that
    have arrived are kept beside `file`. Raises BadInputError if the disk has no room, or if the
    file has another hash; such a file is removed.
    """
    import pooch  # with requests a third of a second

    pooch.get_logger().setLevel(logging.WARNING)
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(file.parent).free
        have = part.stat().st_size if part.exists() else 0
        if free < size - have:
            raise BadInputError(
                f"{file.parent} has {free / 1e6:,.0f} MB free, {(size - have) / 1e6:,.0f} MB are "
                "needed",
                "free some, or take another folder with --data",
            )

        def fetch(url: str, to: Any, _: object) -> None:
            _complete(url, part, size, progress, stall_s)
            shutil.move(part, to)

        pooch.retrieve(url, known_hash, file.name, file.parent, downloader=fetch)
    except ValueError:
        part.unlink(missing_ok=True)
        raise BadInputError(
            f"what came from {_host(url)} is not the file that is known: its hash differs",
            "get it elsewhere and give it with --from FILE",
        ) from None
    except OSError as error:
        raise cannot_write(file, error) from None
    finally:
        with suppress(OSError):
            file.parent.rmdir()  # where nothing has come


def _complete(url: str, part: Path, size: int, progress: Progress, stall_s: float) -> None:
    """Bring a partial file to its full size, over as many connections as it takes."""
    import requests

    num_in_vain = 0
    while True:
        have = part.stat().st_size if part.exists() else 0
        if have == size:
            return
        why = ""
        try:
            _continue(url, part, have, size, progress, stall_s)
        except requests.RequestException as error:
            why = _reason(error, stall_s)
        now = part.stat().st_size if part.exists() else 0
        if now == size:
            return
        num_in_vain = 0 if now > have else num_in_vain + 1
        if num_in_vain >= _ATTEMPTS or (num_in_vain and not now):
            where = f"after {now / 1e6:,.1f} of {size / 1e6:,.1f} MB" if now else "at once"
            go_on = "the same command goes on from there; or " if now else ""
            raise RnnlabError(
                f"the connection to {_host(url)} broke {where}{f' ({why})' if why else ''}",
                f"{go_on}get {url} elsewhere and give it with --from FILE",
            )


def _continue(
    url: str, part: Path, have: int, size: int, progress: Progress, stall_s: float
) -> None:
    """Read one connection to its end into a partial file."""
    import requests

    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=(CONNECT_S, stall_s)) as answer:
        if answer.status_code == 416:  # it has less than we do: begin anew
            part.unlink(missing_ok=True)
            return
        if answer.status_code not in (200, 206):
            raise RnnlabError(
                f"{_host(url)} answers {answer.status_code} {answer.reason} for {url}",
                "get the file elsewhere and give it with --from FILE",
            )
        goes_on = have and answer.status_code == 206
        with part.open("ab" if goes_on else "wb") as stream:
            _take(answer.iter_content(_BLOCK), stream, have if goes_on else 0, size, progress)
    if part.stat().st_size > size:
        part.unlink()
        raise BadInputError(
            f"{_host(url)} sends more than the {size:,} bytes that the file is known to have",
            "get it elsewhere and give it with --from FILE",
        )


def _take(blocks: Any, stream: IO[bytes], have: int, size: int, progress: Progress) -> None:
    for block in blocks:
        stream.write(block)
        have += len(block)
        progress(min(have, size), size)
        if have > size:
            return


def _reason(error: Exception, stall_s: float) -> str:
    """Return what went wrong with a connection, in a few words."""
    name = type(error).__name__
    if "timed out" in str(error) and name != "ConnectTimeout":
        return f"nothing came for {stall_s:g} s"
    return {
        "ConnectionError": "it cannot be reached",
        "ConnectTimeout": "it does not answer",
        "ChunkedEncodingError": "it ended early",
        "SSLError": "its certificate is not valid",
    }.get(name, name)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
