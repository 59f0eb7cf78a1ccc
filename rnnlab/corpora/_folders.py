"""Read a folder of texts: the layout of aclImdb, one folder per class, or texts to be joined.

aclImdb/train/pos/*.txt, aclImdb/test/neg/*.txt ...    splits, then classes
films/good/*.txt, films/bad/*.txt ...                  classes
plays/*.txt                                            one text
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._documents import Row
from rnnlab.corpora._encoding import Progress, detect_encoding, named_encoding, open_bytes
from rnnlab.corpora._files import not_in
from rnnlab.corpora._repair import Repairs

_SPLITS = {
    "train": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test",
}  # fmt: skip
_UNLABELLED = "unsup"
"""Name of the folders of aclImdb that hold reviews without a label."""
_TEXT = "*.txt"


class _Folder(NamedTuple):
    """The folder that holds the texts of one class (and split, if there are splits)."""

    path: Path
    label: str
    split: str | None


def is_labelled_folder(folder: Path) -> bool:
    """Return whether a folder has a subfolder for each class, or for each split and class."""
    return bool(_labelled(folder))


def folder_documents(
    folder: Path, encoding: str | None, progress: Progress, repairs: Repairs
) -> tuple[Iterator[Row], list[str]]:
    """Return the documents of a folder, in a reproducible order, and notes for the user.

    repairs: treatment of invalid bytes.
    """
    parts = _labelled(folder)
    splits = sorted({part.split for part in parts if part.split})
    is_split = len(splits) > 0
    notes = [f"classes by folder: {', '.join(sorted({part.label for part in parts}))}"]
    if is_split:
        notes.append(f"splits by folder: {', '.join(splits)}")
        others = [path.name for path in _folders(folder) if path.name not in _SPLITS]
        if others:
            notes.append(f"ignored folders that are not splits: {', '.join(others)}")
    if any(path.name == _UNLABELLED for path in _folders(folder, depth=2)):
        notes.append(f"ignored folders named {_UNLABELLED!r}, which have no labels")
    return _rows(parts, encoding, progress, repairs), notes


def folder_texts(
    folder: Path, encoding: str | None, progress: Progress, repairs: Repairs
) -> tuple[Iterator[str], list[str]]:
    """Return the texts of a folder, sorted by file name, and notes for the user.

    Each text ends with an empty line. repairs: treatment of invalid bytes. Raises
    BadInputError if there are no texts.
    """
    files = sorted(folder.glob(_TEXT))
    if not files:
        raise BadInputError(
            f"{folder} has no .txt files, and no folders with .txt files", "give a folder of texts"
        )

    def texts() -> Iterator[str]:
        for number, file in enumerate(files):
            yield read_text(file, encoding, repairs).rstrip("\n") + "\n\n"
            progress(number + 1, len(files))

    return texts(), [f"joined {len(files):,} files by name, with an empty line between them"]


def read_text(file: Path, encoding: str | None, repairs: Repairs) -> str:
    """Return a whole text file with LF line ends; raises BadInputError.

    encoding: name of the encoding; None: detect it. repairs: treatment of invalid bytes.
    """
    if not file.stat().st_size:
        return ""
    if encoding is None:
        codec = detect_encoding(file, repairs.errors).codec
    else:
        codec = named_encoding(encoding).codec
    with open_bytes(file) as stream:
        try:
            text = stream.read().decode(codec, repairs.handler)
        except UnicodeError:
            raise not_in(codec, file) from None
    repairs.begin_file()
    return repairs.repaired(text).replace("\r\n", "\n").replace("\r", "\n")


def _labelled(folder: Path) -> list[_Folder]:
    """Return the folder of each class, or of each split and class; may be empty."""
    splits = [path for path in _folders(folder) if path.name in _SPLITS]
    parts = [
        _Folder(path, path.name, _SPLITS[split.name])
        for split in splits
        for path in _folders(split)
        if path.name != _UNLABELLED and _has_text(path)
    ]
    bare = [path.name for path in splits if _has_text(path)]
    if bare:
        raise BadInputError(
            f"{folder} has texts without a class in {', '.join(bare)}",
            "put the texts of each class into a separate folder, such as train/good/1.txt",
        )
    return parts or [_Folder(path, path.name, None) for path in _folders(folder) if _has_text(path)]


def _folders(folder: Path, depth: int = 1) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    return paths + [below for path in paths for below in _folders(path, depth - 1)] * (depth > 1)


def _has_text(folder: Path) -> bool:
    return next(folder.glob(_TEXT), None) is not None


def _rows(
    parts: list[_Folder], encoding: str | None, progress: Progress, repairs: Repairs
) -> Iterator[Row]:
    files = [(part, file) for part in parts for file in sorted(part.path.glob(_TEXT))]
    for number, (part, file) in enumerate(files, 1):
        yield Row(number, part.label, read_text(file, encoding, repairs), part.split)
        if number % 100 == 0:
            progress(number, len(files))
