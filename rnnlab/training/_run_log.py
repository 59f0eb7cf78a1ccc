"""The records of a run in training: journal, TensorBoard mirror and samples."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from rnnlab.base.errors import one_line
from rnnlab.base.failures import cause_of
from rnnlab.runs.history import REWINDING
from rnnlab.runs.journal import MOST_UNWRITTEN_BYTES, Fate, Journal
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Event, EventRecord, Record, SampleRecord
from rnnlab.training._state import TrainingState
from rnnlab.training._tensorboard import Mirror

_Result = TypeVar("_Result")
_FATES: dict[Fate, str] = {
    "restored": "{name} was removed: it is written again, with all its records",
    "replaced": "{name} was replaced at step {step}: records before this step may be missing",
    "lost": "{name} was removed: its records before step {step} are lost",
}


class RunLog:
    """Writes every record to the files of the run."""

    def __init__(
        self,
        paths: RunPaths,
        state: Callable[[], TrainingState],
        on_record: Callable[[Record], object],
        make_mirror: Callable[[Path, int], Mirror],
        *,
        has_samples: bool,
    ) -> None:
        """Open the files.

        state: returns the present state of the run; on_record: called after a record of the journal
        is written; make_mirror: opens the mirror, given the folder and the first step; has_samples:
        whether the run has a file of samples.
        """
        self.problem = ""
        """Why records wait for the disk, in one line; empty if all are written."""
        self._folder = paths.root
        self._state = state
        self._on_record = on_record
        self._make_mirror = make_mirror
        self._journal = Journal(paths.journal)
        self._samples = Journal(paths.samples) if has_samples else None
        self.mirror = make_mirror(paths.root, state().step)
        self._is_mirrored = True

    def write(self, *records: Record) -> None:
        """Write records to the journal and its mirror, then pass them on.

        If the disk is full, the records wait for the next attempt, and `problem` is set. Raises
        OSError if too many wait.
        """
        self._append(self._journal, *records)
        for record in records:
            self._mirrored(partial(self.mirror.add, record))
            self._on_record(record)

    def write_samples(self, records: Iterable[SampleRecord]) -> None:
        """Write records to the samples and the mirror; as `write` if the disk is full."""
        assert self._samples is not None
        records = tuple(records)
        self._append(self._samples, *records)
        for record in records:
            self._mirrored(partial(self.mirror.add, record))

    def _append(self, journal: Journal, *records: Record) -> None:
        self._check(journal)
        try:
            journal.append(*records)
        except OSError as error:
            if journal.num_unwritten > MOST_UNWRITTEN_BYTES:
                raise
            self.problem = f"records wait: {why_unwritten(error, self._folder)}"
        else:
            if not any(j.num_unwritten for j in (self._journal, self._samples) if j is not None):
                self.problem = ""

    def _mirrored(self, work: Callable[[], object]) -> None:
        """Do work on the mirror; after a failure there is no mirror any more."""
        if not self._is_mirrored:
            return
        try:
            work()
        except Exception as error:
            self._is_mirrored = False
            self.note("note", one_line(f"TensorBoard is switched off: {_named(error)}"))

    def note(self, event: Event, message: str = "") -> None:
        """Write an event to the journal; rollbacks and resumes also go to the samples file."""
        state = self._state()
        record = EventRecord(state.step, event, message, state.elapsed_s)
        self.write(record)
        if event in REWINDING and self._samples is not None:
            self._append(self._samples, record)

    def _check(self, journal: Journal) -> None:
        """Write an event if a file of records was removed or replaced."""
        fate: Fate = ""
        with contextlib.suppress(OSError):  # the next call tries again
            fate = journal.renew()
        if fate:
            step = self._state().step
            message = _FATES[fate].format(name=journal.file.name, step=step)
            self.note("note" if fate == "restored" else "journal", message)

    def note_missing(self) -> None:
        """Write an event if a resumed run has no journal: its earlier records are lost."""
        if self._journal.was_empty:
            message = _FATES["lost"].format(name=self._journal.file.name, step=self._state().step)
            self.note("journal", message)

    def attempt(self, what: str, work: Callable[[], _Result]) -> _Result | None:
        """Return the result of optional work; if it raises, log the error and return None.

        what: plural noun for the logged message, as in "no more samples: ...".
        """
        try:
            return work()
        except Exception as error:
            self.note("note", one_line(f"no more {what}: {_named(error)}"))
            return None

    def add_histograms(self, group: str, tensors: dict[str, Tensor]) -> None:
        """Write histograms of the present step to the mirror; see `Mirror.add_histograms`."""
        step = self._state().step
        self._mirrored(lambda: self.mirror.add_histograms(group, tensors, step))

    def rewind_mirror(self) -> None:
        """Open the mirror again after a rollback: it then drops the events after this step."""
        self._mirrored(self._reopen_mirror)

    def _reopen_mirror(self) -> None:
        self.mirror.close()
        self.mirror = self._make_mirror(self._folder, self._state().step)

    def flush(self) -> None:
        """Write journal and samples to the disk; raises OSError if records cannot be written.

        Writes an event if the journal was removed.
        """
        self._check(self._journal)
        self._journal.flush()
        if self._samples is not None:
            self._samples.flush()

    def close(self) -> None:
        """Close all files; the records are on the disk then, if it has space."""
        with contextlib.suppress(OSError):
            self.flush()
        if self._samples is not None:
            self._append(self._samples)
            self._samples.close()
        if self._is_mirrored:
            self._mirrored(self.mirror.close)
        else:
            with contextlib.suppress(Exception):
                self.mirror.close()
        self._journal.close()


def why_unwritten(error: OSError, folder: Path) -> str:
    """Return why a file in the folder of a run cannot be written, and the remedy, in one line."""
    cause = cause_of(error, folder)
    return str(cause) if cause else one_line(f"{error.filename or folder}: {error.strerror}")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
