"""Reads the runs for the app: in a thread, twice a second, only what has changed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from rnnlab.runs.journal import JournalTail
from rnnlab.runs.store import Run, RunStore
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.messages import RunsRead

_Signature = tuple[int, int]


class Feed:
    """What is known of the runs on disk."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._summaries: dict[Path, tuple[_Signature, RunSummary]] = {}
        self._tails: dict[str, JournalTail] = {}

    def read(self, watched: Collection[str]) -> RunsRead:
        """Return all summaries, and what is new in the journals of the watched runs.

        A run that was not watched before gives its whole journal.
        """
        runs = {run.name: run for run in self.store}
        self._tails = {
            name: self._tails.get(name) or JournalTail(runs[name].paths.journal)
            for name in watched
            if name in runs
        }
        summaries = tuple(self._summary(run) for run in runs.values())
        news = {name: tail.read() for name, tail in self._tails.items()}
        return RunsRead(
            summaries, {n: new for n, new in news.items() if new.records or new.is_restart}
        )

    def _summary(self, run: Run) -> RunSummary:
        """Return a run's summary; that of an ended run is kept until its status changes."""
        try:
            found = run.paths.status.stat()
            signature = (found.st_mtime_ns, found.st_size)
        except OSError:
            signature = (0, 0)
        known = self._summaries.get(run.paths.root)
        if known is not None and known[0] == signature and not known[1].is_active:
            return known[1]
        summary = summarise(run)
        self._summaries[run.paths.root] = (signature, summary)
        return summary
