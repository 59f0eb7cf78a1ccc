"""Reads the runs for the app, at each poll and in a thread; only new data are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from rnnlab.runs.history import compacted
from rnnlab.runs.journal import JournalChunk, JournalTail
from rnnlab.runs.run import Family, Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.stored_checkpoints import StoredSteps, stored_steps
from rnnlab.runs.summary import RunSummary, summarise

_Signature = tuple[int, ...]


MOST_RECORDS = 4000
"""Maximum number of train records read per run: more than a zoomed chart has columns."""


class RunsRead(NamedTuple):
    """The result of one poll."""

    summaries: tuple[RunSummary, ...]
    news: dict[str, JournalChunk]
    """New records in the journal of each watched run, by the run's name."""
    families: Mapping[str, Family | None] = MappingProxyType({})
    """The family of each watched run, by the run's name."""
    runs: Mapping[str, Run] = MappingProxyType({})
    """Every run by name, for threads and other processes: the app itself reads no file of it."""
    stored: Mapping[str, StoredSteps] = MappingProxyType({})
    """The checkpoints of each watched run, by the run's name."""


class RunPoller:
    """Reads the runs on disk, and remembers what it has read."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._summaries: dict[Path, tuple[_Signature, RunSummary]] = {}
        self._tails: dict[Path, JournalTail] = {}
        """By journal: a run's name may pass from a local copy to the shipped run, and back."""
        self._families: dict[Path, tuple[_Signature, Family | None]] = {}

    def read(self, watched: Collection[str]) -> RunsRead:
        """Return all summaries, and the new records in the journals of the watched runs.

        For a run that was not watched at the previous call, the records cover its whole journal.
        """
        runs = {run.name: run for run in self.store}
        journals = {name: runs[name].paths.journal for name in watched if name in runs}
        tails = {file: self._tails.get(file) or JournalTail(file) for file in journals.values()}
        news = {
            name: compacted(tails[file].news(MOST_RECORDS), MOST_RECORDS)
            for name, file in journals.items()
        }
        self._tails = tails
        families = {name: self._family(runs[name]) for name in journals}
        stored = {name: stored_steps(runs[name].paths) for name in journals}
        summaries = [self._summary(run) for run in runs.values()]
        # A run that was deleted while it was read looks lost.
        is_gone = {
            one.name for one in summaries if one.state == "lost" and not runs[one.name].exists()
        }
        there = tuple(one for one in summaries if one.name not in is_gone)
        return RunsRead(there, news, families, {s.name: runs[s.name] for s in there}, stored)

    def _family(self, run: Run) -> Family | None:
        """Return a run's family; read the settings again only if they have changed."""
        signature, cached = _version(run.paths.config), self._families.get(run.paths.root)
        if cached is None or cached[0] != signature:
            cached = self._families[run.paths.root] = signature, run.family()
        return cached[1]

    def _summary(self, run: Run) -> RunSummary:
        """Return a run's summary; of an ended run, the cached one until a file changes."""
        files = (run.paths.status, run.paths.notes, run.paths.config)
        signature = tuple(number for file in files for number in _version(file))
        cached = self._summaries.get(run.paths.root)
        if cached is not None and cached[0] == signature and not cached[1].is_active:
            return cached[1]
        summary = summarise(run)
        self._summaries[run.paths.root] = (signature, summary)
        return summary


def _version(file: Path) -> _Signature:
    """Return time and size of a file, which change with its content; zeros for a missing file."""
    try:
        stat = file.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)
