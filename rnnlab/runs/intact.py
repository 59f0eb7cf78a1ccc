"""Whether a file of tensors is complete and unchanged, and what to do if one is not.

The format is safetensors: 8 bytes with the length of the header, the header in JSON, which names
the bytes of each tensor, then the bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Literal

from rnnlab.base.errors import RnnlabError
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import UnfitFileError, open_binary
from rnnlab.runs.checksum import LENGTH_BYTES, METADATA, MOST_HEADER_BYTES, has_right_checksum
from rnnlab.runs.paths import RunPaths

Integrity = Literal["intact", "damaged", "no checksum"]
"""no checksum: complete, but written by a version of rnnlab without checksums."""
_NUM_NAMED = 5
"""Number of other checkpoints that an error names: to verify one, the whole file is read."""


class DamagedError(RnnlabError):
    """A checkpoint of the run has a damaged file; another one may be intact."""


def is_whole(file: Path) -> bool:
    """Return whether a file of tensors exists and has all the bytes that its header names."""
    try:
        with open_binary(file) as stream:
            length = int.from_bytes(stream.read(LENGTH_BYTES), "little")
            if not 0 < length <= MOST_HEADER_BYTES:
                return False
            header = parse_json(stream.read(length))
            size = os.fstat(stream.fileno()).st_size
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != METADATA]
        return bool(size == LENGTH_BYTES + length + max(ends, default=0))
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return False


def integrity(file: Path, *, from_disk: bool = False) -> Integrity:
    """Return whether a file of tensors is intact; reads all of it if it has a checksum.

    from_disk: read the disk, not the pages that are still in memory. A missing file is damaged.
    """
    if not is_whole(file):
        return "damaged"
    try:
        is_right = has_right_checksum(file, from_disk=from_disk)
    except OSError:
        return "damaged"
    if is_right is None:
        return "no checksum"
    return "intact" if is_right else "damaged"


def newest_intact(paths: RunPaths, before: int) -> int | None:
    """Return the newest step below `before` whose training state is intact; None without any."""
    steps = (step for step in reversed(paths.resumable_steps()) if step < before)
    whole = (step for step in steps if integrity(paths.training_state(step)) != "damaged")
    return next(whole, None)


def check_weights(file: Path) -> None:
    """Raise DamagedError if a file of weights is not regular, or has changed since it was written.

    Raises FileNotFoundError if there is no such file.
    """
    try:
        is_changed = has_right_checksum(file) is False
    except UnfitFileError as error:
        raise damaged_weights(file, f"it is {error.strerror}") from None
    if is_changed:
        raise damaged_weights(file, _CHANGED if is_whole(file) else _INCOMPLETE)


def check_state(file: Path) -> None:
    """Raise DamagedError if a training state is missing or has another checksum than when written.

    A file without a checksum is accepted.
    """
    try:
        is_changed = has_right_checksum(file) is False
    except OSError as error:
        raise damaged_state(file, error.strerror or "unreadable") from None
    if is_changed:
        raise damaged_state(file, _CHANGED if is_whole(file) else _INCOMPLETE)


def misfit(shapes: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> str:
    """Return what is wrong with the first tensor, by name, that a model does not expect; else "".

    shapes, expected: shapes of the tensors of a file and of the model, by name.
    """
    for name in sorted(expected.keys() | shapes.keys()):
        if name not in shapes:
            return f"it has no {name}"
        if name not in expected:
            return f"it has a tensor {name}, which the model does not have"
        if shapes[name] != expected[name]:
            return f"{name} is {list(shapes[name])} instead of {list(expected[name])}"
    return ""


_CHANGED = "its checksum is wrong: it has changed since it was written"
_INCOMPLETE = "it is not complete"


def damaged_weights(file: Path, problem: str) -> DamagedError:
    """Return the error for weights that cannot be used; it names steps whose files are intact."""
    others = list(islice(_intact_weights(RunPaths(file.parent), file), _NUM_NAMED))
    hint = "restore the file from a copy"
    if others:
        steps = ", ".join(map(str, reversed(others)))
        hint = f"use another checkpoint of the run: {steps}"
    return DamagedError(f"{file} is damaged: {problem}", hint)


def damaged_state(file: Path, problem: str) -> DamagedError:
    """Return the error for a training state that cannot be read."""
    paths = RunPaths(file.parent)
    newest = next(_intact_weights(paths), None)
    hint = "start a new run"
    if newest is not None:
        option = f"--init-from {paths.name}@{newest}"
        hint = f"start a run with the weights of step {newest}: `rnnlab train CORPUS {option}`"
    what = f"is damaged: {problem}" if file.exists() else "is missing"
    return DamagedError(f"{file} {what}", hint)


def _intact_weights(paths: RunPaths, other_than: Path | None = None) -> Iterator[int]:
    """Yield the steps of intact weights, the newest first; each is verified when it is asked for.

    other_than: a file to leave out.
    """
    for step in reversed(paths.checkpoint_steps()):
        file = paths.weights(step)
        if file != other_than and integrity(file) != "damaged":
            yield step
