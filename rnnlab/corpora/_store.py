"""Encoded texts on disk, next to their corpus: written once, then mapped into memory.

Every encoded text has a folder, named by a hash of the text and of the settings that determine its
tokens. A folder is written under a temporary name and then renamed, so it is always complete, even
if several processes write it at the same time. The writer deletes the folders for earlier contents
of the file; a process that has mapped such a folder into memory keeps its mapping.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnlab.base.files import real_path
from rnnlab.base.locations import data_folder
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import LIST_BYTES, open_binary, read_text
from rnnlab.corpora._atomic import cannot_write
from rnnlab.corpora._index import Indexed
from rnnlab.corpora._numbering import DTYPES, CharNumbers, PlacesFile, WordNumbers
from rnnlab.corpora._repair import Errors, Repairs
from rnnlab.corpora._sizes import SIZES, Sizes
from rnnlab.corpora._tokens import Kind

_FORMAT = 2
"""Version of the format. It is part of a folder's name: folders of other versions are not read."""
_ABOUT, _PLACES, _STARTS = "about.json", "places.bin", "starts.bin"
_DRAFT = ".new-"
_PLACE_TYPES = frozenset(np.dtype(kind).str for kind in DTYPES)
"""Types of the numbers in a file of places. Another type in `about.json` is not from here, and must
not reach numpy: the bytes of a file, read as Python objects, could be any address."""
_TRIES = 3
_OLD_S = 3600.0
"""Seconds without a write after which a draft counts as the leftover of a killed process."""

Parts = Callable[["hashlib._Hash"], Iterator[list[str]]]
"""Function that yields lists of parts of a text, and updates a digest with the whole text."""


class Key(NamedTuple):
    """Everything that determines an encoded text: the text and the settings of its tokens."""

    content_sha256: str
    """SHA-256 of the decompressed file."""
    cut: str
    kind: Kind
    alphabet: str
    limit_chars: int | None
    errors: Errors = "strict"

    @property
    def folder_name(self) -> str:
        """A hash of the key and of the format."""
        return hashlib.sha256(json.dumps([_FORMAT, *self]).encode()).hexdigest()[:32]


def stored(
    file: Path, key: Key, parts: Parts, repairs: Repairs, sizes: Sizes = SIZES
) -> tuple[Indexed, str]:
    """Return a text's indexed tokens and fingerprint from the disk; first write them if missing.

    repairs: counts the invalid bytes, also those of a text that was encoded earlier. Raises
    BadInputError if the disk is full.
    """
    for folder in cache_folders(file):
        loaded = _load(folder / key.folder_name, key, sizes, repairs)
        if loaded is not None:
            return loaded
    folder = _writable(cache_folders(file)) / key.folder_name
    _drop_leftovers(folder.parent)
    try:
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder.parent))
        try:
            _write(draft, key, parts, _source(file, folder.parent), repairs, sizes)
            loaded = _put(draft, folder, key, sizes)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    _drop_stale(folder.parent, _source(file, folder.parent), key, sizes.most_kept)
    return loaded


def _source(file: Path, folder: Path) -> str:
    """Return the path of a file for `about.json`: relative if the folder is next to the file.

    A relative path stays valid if the disk is mounted elsewhere.
    """
    return file.name if folder.parent == file.parent else str(real_path(file))


def _put(draft: Path, folder: Path, key: Key, sizes: Sizes) -> tuple[Indexed, str]:
    """Rename a finished draft to `folder`, unless another process has written it, and load it."""
    for _ in range(_TRIES):
        try:
            os.rename(draft, folder)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        loaded = _load(folder, key, sizes)
        if loaded is not None:
            return loaded
        # The existing folder is incomplete: no process can be using it.
        shutil.rmtree(folder, ignore_errors=True)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


def cache_folders(file: Path) -> tuple[Path, Path]:
    """Return the two possible folders of encoded texts: next to the file, in the data folder."""
    return file.parent / ".encoded", data_folder() / ".encoded"


def _writable(folders: tuple[Path, ...]) -> Path:
    for folder in folders[:-1]:
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    try:
        folders[-1].mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folders[-1], error) from None
    return folders[-1]


def _drop_leftovers(folder: Path) -> None:
    """Delete the drafts of killed processes: those without a write for `_OLD_S` seconds."""
    for draft in folder.glob(f"{_DRAFT}*"):
        with contextlib.suppress(OSError):
            if time.time() - max(f.stat().st_mtime for f in (draft, *draft.iterdir())) > _OLD_S:
                shutil.rmtree(draft, ignore_errors=True)


def _drop_stale(folder: Path, source: str, key: Key, most_kept: int) -> None:
    """Delete folders of a file's earlier contents; keep `most_kept` of its current content."""
    current = []
    for other in folder.glob(f"[!{_DRAFT[0]}]*"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            about = _about(other)
            if about["source"] != source:
                continue
            if about["key"] == [_FORMAT, key.content_sha256, *about["key"][2:]]:
                current.append((other.stat().st_mtime_ns, other))
            else:
                shutil.rmtree(other, ignore_errors=True)
    for _, other in sorted(current)[:-most_kept]:
        shutil.rmtree(other, ignore_errors=True)


def _about(folder: Path) -> dict[str, Any]:
    """Return the content of a folder's `about.json`; raises OSError or ValueError."""
    about: dict[str, Any] = parse_json(read_text(folder / _ABOUT, LIST_BYTES))
    return about


def _load(
    folder: Path, key: Key, sizes: Sizes, repairs: Repairs | None = None
) -> tuple[Indexed, str] | None:
    """Return the tokens and fingerprint of a folder; None if it is missing or incomplete.

    repairs: counts the invalid bytes of the text.
    """
    try:
        about = _about(folder)
        if about["key"] != [_FORMAT, *key]:
            return None
        if about["dtype"] not in _PLACE_TYPES:
            return None
        places = _mapped(folder / _PLACES, about["dtype"], about["num_tokens"])
        starts = _mapped(folder / _STARTS, "<i8", about["num_parts"] + 1)
        indexed = Indexed(about["distinct"], places, starts, sizes.counted_at_once)
        num_invalid, first_line = map(int, about["repairs"])
        sha256 = str(about["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if repairs is not None:
        repairs.add(num_invalid, first_line)
    return indexed, sha256


def _mapped(file: Path, dtype: str, num: int) -> np.ndarray[Any, Any]:
    """Return the numbers in a file, mapped into memory."""
    if num == 0:
        return np.zeros(0, dtype=dtype)
    with open_binary(file) as stream:
        if os.fstat(stream.fileno()).st_size != num * np.dtype(dtype).itemsize:
            raise ValueError("the file is incomplete")
        # A plain array over the mapping: slicing a memmap is ten times as slow.
        return np.asarray(np.memmap(stream, dtype=dtype, mode="r", shape=(num,)))


def _write(
    folder: Path, key: Key, parts: Parts, source: str, repairs: Repairs, sizes: Sizes
) -> None:
    digest = hashlib.sha256()
    number = CharNumbers() if key.kind == "chars" else WordNumbers(key.kind)
    num_parts = num_tokens = 0
    with (
        PlacesFile(folder / _PLACES, sizes.widened_at_once) as places,
        (folder / _STARTS).open("wb") as starts,
    ):
        starts.write(np.zeros(1, dtype="<i8").tobytes())
        for some in parts(digest):
            numbers, lengths = number(some)
            places.append(numbers, len(number))
            ends = num_tokens + np.cumsum(lengths, dtype="<i8")
            if key.cut == "sentences":
                starts.write(ends.tobytes())
                num_parts += len(some)
            num_tokens += len(numbers)
        if key.cut != "sentences":
            starts.write(np.array([num_tokens], dtype="<i8").tobytes())
            num_parts = 1
        for stream in (places.stream, starts):
            stream.flush()
            os.fsync(stream.fileno())
    about = {
        "key": [_FORMAT, *key],
        "source": source,
        "dtype": places.dtype.str,
        "num_tokens": num_tokens,
        "num_parts": num_parts,
        "fingerprint": digest.hexdigest(),
        "repairs": [repairs.num, repairs.first_line],
        "distinct": number.distinct(),
    }
    (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
