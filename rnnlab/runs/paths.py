"""The file names of a run directory and of the queue, all in one place."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rnnlab.base.errors import BadInputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WEIGHTS = re.compile(r"weights-(\d{8,})\.safetensors")
_ENTRY = ".json"

Pointer = Literal["last", "best"]


def is_run_name(name: str) -> bool:
    """Return True if `name` can be a run's folder: safe in a path, a table and a command line."""
    return _NAME.fullmatch(name) is not None


def check_run_name(name: str) -> str:
    """Return `name` if it can be a run's folder; raise BadInputError otherwise."""
    if not is_run_name(name):
        raise BadInputError(
            f"{name!r} cannot be a run's name",
            "use letters, digits, '.', '_' and '-', at most 64, the first a letter or digit",
        )
    return name


@dataclass(frozen=True)
class RunPaths:
    """The files of one run."""

    root: Path

    @property
    def name(self) -> str:
        """The run's name, which is the folder's name."""
        return self.root.name

    @property
    def config(self) -> Path:
        """The resolved settings."""
        return self.root / "config.toml"

    @property
    def vocabulary(self) -> Path:
        """The tokens, in the order of their ids."""
        return self.root / "vocabulary.json"

    @property
    def corpus(self) -> Path:
        """The SHA-256 of the training corpus."""
        return self.root / "corpus.json"

    @property
    def published(self) -> Path:
        """Published losses of the same experiment, if its recipe has any."""
        return self.root / "published.json"

    @property
    def status(self) -> Path:
        """The run's state, replaced atomically."""
        return self.root / "status.json"

    @property
    def journal(self) -> Path:
        """The append-only journal of records."""
        return self.root / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        """The samples for the tracked prompts, append-only like the journal."""
        return self.root / "samples.jsonl"

    @property
    def log(self) -> Path:
        """The worker's stdout and stderr."""
        return self.root / "worker.log"

    @property
    def lock(self) -> Path:
        """The lock file that the worker holds while it lives."""
        return self.root / "lock"

    @property
    def mailbox(self) -> Path:
        """Commands for the worker."""
        return self.root / "mailbox"

    @property
    def reserve(self) -> Path:
        """A file that reserves disk space for the worker's last status."""
        return self.root / ".reserve"

    def weights(self, step: int) -> Path:
        """The model's weights after `step` optimiser steps."""
        return self.root / f"weights-{step:08d}.safetensors"

    def training_state(self, step: int) -> Path:
        """The training state that an exact resume needs besides the weights."""
        return self.root / f"training-{step:08d}.safetensors"

    @property
    def initial_weights(self) -> Path:
        """Another run's weights that this run starts from (--init-from)."""
        return self.root / "initial.safetensors"

    def pointer(self, pointer: Pointer) -> Path:
        """The file that holds the step of the last or the best checkpoint."""
        return self.root / pointer

    def read_pointer(self, pointer: Pointer) -> int | None:
        """Return the step that a pointer names; None if there is no checkpoint yet."""
        try:
            return int(self.pointer(pointer).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def checkpoint_steps(self) -> list[int]:
        """Return the steps of the checkpoints on disk, ascending."""
        try:
            matches = [_WEIGHTS.fullmatch(entry) for entry in os.listdir(self.root)]
        except OSError:
            return []
        return sorted(int(match[1]) for match in matches if match)


@dataclass(frozen=True)
class QueuePaths:
    """The files of the queue of one folder of runs."""

    checkpoints: Path
    """The folder of runs."""

    @property
    def root(self) -> Path:
        """The queue's folder, which cannot be a run: their names do not begin with a dot."""
        return self.checkpoints / ".queue"

    @property
    def turn(self) -> Path:
        """The lock for reading or changing the queue."""
        return self.root / "turn"

    def slot(self, device: str, number: int) -> Path:
        """The lock of one slot of a device."""
        return self.root / f"{device}.{number}.lock"

    def entry(self, name: str) -> Path:
        """The entry of a queued run."""
        assert is_run_name(name)
        return self.root / f"{name}{_ENTRY}"

    def entry_names(self) -> list[str]:
        """Return the names of the queued runs, unsorted."""
        try:
            files = [name for name in os.listdir(self.root) if name.endswith(_ENTRY)]
        except OSError:
            return []
        return [name for file in files if is_run_name(name := file.removesuffix(_ENTRY))]
