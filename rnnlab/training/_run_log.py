"""The records of a run in training: journal, TensorBoard mirror and samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from rnnlab.base.errors import one_line
from rnnlab.runs.history import REWINDING
from rnnlab.runs.journal import Fate, Journal
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
        self._folder = paths.root
        self._state = state
        self._on_record = on_record
        self._make_mirror = make_mirror
        self._journal = Journal(paths.journal)
        self._samples = Journal(paths.samples) if has_samples else None
        self.mirror = make_mirror(paths.root, state().step)

    def write(self, *records: Record) -> None:
        """Write records to the journal and its mirror, then pass them on."""
        self._append(self._journal, *records)
        for record in records:
            self.mirror.add(record)
            self._on_record(record)

    def write_samples(self, records: Iterable[SampleRecord]) -> None:
        """Write records to the samples and the mirror."""
        assert self._samples is not None
        records = tuple(records)
        self._append(self._samples, *records)
        for record in records:
            self.mirror.add(record)

    def note(self, event: Event, message: str = "") -> None:
        """Write an event to the journal; rollbacks and resumes also go to the samples file."""
        state = self._state()
        record = EventRecord(state.step, event, message, state.elapsed_s)
        self.write(record)
        if event in REWINDING and self._samples is not None:
            self._append(self._samples, record)

    def _append(self, journal: Journal, *records: Record) -> None:
        self._check(journal)
        journal.append(*records)

    def _check(self, journal: Journal) -> None:
        """Write an event if a file of records was removed or replaced."""
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
            self.note("note", one_line(f"no more {what}: {type(error).__name__}: {error}"))
            return None

    def add_histograms(self, group: str, tensors: dict[str, Tensor]) -> None:
        """Write histograms of the present step to the mirror; see `Mirror.add_histograms`."""
        self.mirror.add_histograms(group, tensors, self._state().step)

    def rewind_mirror(self) -> None:
        """Open the mirror again after a rollback: it then drops the events after this step."""
        self.mirror.close()
        self.mirror = self._make_mirror(self._folder, self._state().step)

    def flush(self) -> None:
        """Write journal and samples to the disk; write an event if the journal was removed."""
        self._check(self._journal)
        self._journal.flush()
        if self._samples is not None:
            self._samples.flush()

    def close(self) -> None:
        """Close all files; the records are on the disk then."""
        self.flush()
        if self._samples is not None:
            self._samples.close()
        self.mirror.close()
        self._journal.close()
