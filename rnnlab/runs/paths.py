"""The file names of a run directory, of the queue and of the bin, all in one place."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rnnlab.base.errors import BadInputError
from rnnlab.base.regular_files import read_text

MOST_IN_NAME = 64
"""Maximum length of a run's name."""
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MOST_IN_NAME - 1}}}")
_WEIGHTS = re.compile(r"weights-(\d{8,})\.safetensors")
_BEGINNING = "weights-"
_ENTRY = ".json"

Pointer = Literal["last", "best"]


def is_run_name(name: str) -> bool:
    """Return True if a run may have this name: safe in a path, a table and a command line."""
    return _NAME.fullmatch(name) is not None


def check_run_name(name: str) -> str:
    """Return `name` if a run may have this name; raise BadInputError otherwise."""
    if not is_run_name(name):
        raise BadInputError(
            f"{name!r} cannot be a run's name",
            f"use at most {MOST_IN_NAME} letters, digits, '.', '_' or '-', "
            "beginning with a letter or digit",
        )
    return name


@dataclass(frozen=True)
class RunPaths:
    """The paths of the files of one run."""

    root: Path

    @property
    def name(self) -> str:
        """The run's name, which is the name of its folder."""
        return self.root.name

    @property
    def config(self) -> Path:
        """File of the run's settings."""
        return self.root / "config.toml"

    @property
    def vocabulary(self) -> Path:
        """File of the tokens, in the order of their ids."""
        return self.root / "vocabulary.json"

    @property
    def corpus(self) -> Path:
        """File with the SHA-256 of the training corpus."""
        return self.root / "corpus.json"

    @property
    def published(self) -> Path:
        """File of the published losses of the same experiment, if the recipe has any."""
        return self.root / "published.json"

    @property
    def origin(self) -> Path:
        """File that tells where the settings come from."""
        return self.root / "origin.json"

    @property
    def workers(self) -> Path:
        """File with one line for each worker: its machine and its versions."""
        return self.root / "workers.jsonl"

    @property
    def notes(self) -> Path:
        """File of the user's note and tags, and of the run's former names."""
        return self.root / "notes.json"

    @property
    def status(self) -> Path:
        """File of the run's state, which is replaced atomically."""
        return self.root / "status.json"

    @property
    def journal(self) -> Path:
        """The journal: an append-only file of records."""
        return self.root / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        """File of the samples for the tracked prompts, append-only like the journal."""
        return self.root / "samples.jsonl"

    @property
    def log(self) -> Path:
        """File with the worker's stdout and stderr."""
        return self.root / "worker.log"

    @property
    def lock(self) -> Path:
        """The lock file that the worker holds while it lives."""
        return self.root / "lock"

    @property
    def mailbox(self) -> Path:
        """Folder of the commands for the worker."""
        return self.root / "mailbox"

    @property
    def changes(self) -> Path:
        """File of the changes of settings that wait for the next worker."""
        return self.root / "changes.json"

    @property
    def reserve(self) -> Path:
        """A file that reserves disk space for the worker's last status."""
        return self.root / ".reserve"

    def weights(self, step: int) -> Path:
        """Return the file of the model's weights after `step` optimiser steps."""
        return self.root / f"weights-{step:08d}.safetensors"

    def training_state(self, step: int) -> Path:
        """Return the file of all other state that an exact resume needs besides the weights."""
        return self.root / f"training-{step:08d}.safetensors"

    @property
    def initial_weights(self) -> Path:
        """File of another run's weights, from which this run starts (--init-from)."""
        return self.root / "initial.safetensors"

    def pointer(self, pointer: Pointer) -> Path:
        """Return the file that holds the step of the last or the best checkpoint."""
        return self.root / pointer

    def read_pointer(self, pointer: Pointer) -> int | None:
        """Return the step of the last or the best checkpoint; None if there is none yet.

        If the pointer to the last one is damaged or lost, this is the newest checkpoint that can be
        resumed; without any, the newest one.
        """
        try:
            return int(read_text(self.pointer(pointer), encoding="ascii"))
        except (OSError, ValueError):
            if pointer == "best":
                return None
        return max(self.resumable_steps() or self.checkpoint_steps(), default=None)

    def resumable_steps(self) -> list[int]:
        """Return the steps of the checkpoints with a training state, ascending."""
        return [step for step in self.checkpoint_steps() if self.training_state(step).exists()]

    def checkpoint_steps(self) -> list[int]:
        """Return the steps of the checkpoints on disk, ascending."""
        try:
            entries = [entry for entry in os.listdir(self.root) if entry.startswith(_BEGINNING)]
        except OSError:
            return []
        matches = map(_WEIGHTS.fullmatch, entries)
        return sorted(int(match[1]) for match in matches if match)


def bin_folder(checkpoints: Path) -> Path:
    """Return the folder of the deleted runs; like the queue's, it cannot be a run."""
    return checkpoints / ".bin"


@dataclass(frozen=True)
class QueuePaths:
    """The paths of the queue that belongs to a folder of runs."""

    checkpoints: Path
    """The folder of runs."""

    @property
    def root(self) -> Path:
        """The queue's folder; names of runs do not begin with a dot, so it cannot be a run."""
        return self.checkpoints / ".queue"

    @property
    def turn(self) -> Path:
        """The lock file for reading or changing the queue."""
        return self.root / "turn"

    def slot(self, device: str, number: int) -> Path:
        """Return the lock file of one slot of a device."""
        return self.root / f"{device}.{number}.lock"

    def entry(self, name: str) -> Path:
        """Return the file of a queued run's entry."""
        assert is_run_name(name)
        return self.root / f"{name}{_ENTRY}"

    def entry_names(self) -> list[str]:
        """Return the names of the queued runs, unsorted."""
        try:
            files = [name for name in os.listdir(self.root) if name.endswith(_ENTRY)]
        except OSError:
            return []
        return [name for file in files if is_run_name(name := file.removesuffix(_ENTRY))]
