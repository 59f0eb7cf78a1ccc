"""Whether a file of tensors is complete, and what to do if one is not.

The format is safetensors: 8 bytes with the length of the header, the header in JSON, which names
the bytes of each tensor, then the bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

from rnnlab.base.errors import RnnlabError
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import open_binary
from rnnlab.runs.paths import RunPaths

_LENGTH_BYTES = 8
_MOST_HEADER_BYTES = 100_000_000
"""The limit of the format."""


def is_whole(file: Path) -> bool:
    """Return whether a file of tensors exists and has all the bytes that its header names."""
    try:
        with open_binary(file) as stream:
            length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
            if not 0 < length <= _MOST_HEADER_BYTES:
                return False
            header = parse_json(stream.read(length))
            size = os.fstat(stream.fileno()).st_size
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name[:2] != "__"]
        return bool(size == _LENGTH_BYTES + length + max(ends, default=0))
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return False


def damaged_weights(file: Path, problem: str) -> RnnlabError:
    """Return the error for weights that cannot be used; it names steps whose files are whole."""
    paths = RunPaths(file.parent)
    others = [
        step
        for step in paths.checkpoint_steps()
        if paths.weights(step) != file and is_whole(paths.weights(step))
    ]
    hint = "restore the file from a copy"
    if others:
        steps = ", ".join(map(str, others[-5:]))
        hint = f"use another checkpoint of the run: {steps}"
    return RnnlabError(f"{file} is damaged: {problem}", hint)


def damaged_state(file: Path, problem: str) -> RnnlabError:
    """Return the error for a training state that cannot be read."""
    paths = RunPaths(file.parent)
    whole = [step for step in paths.checkpoint_steps() if is_whole(paths.weights(step))]
    hint = "start a new run"
    if whole:
        option = f"--init-from {paths.name}@{whole[-1]}"
        hint = f"start a run with the weights of step {whole[-1]}: `rnnlab train CORPUS {option}`"
    what = f"is damaged: {problem}" if file.exists() else "is missing"
    return RnnlabError(f"{file} {what}", hint)
