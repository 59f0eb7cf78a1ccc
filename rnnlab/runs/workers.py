"""The workers that a run has had: one line of JSON for each, with its machine and its versions."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from rnnlab.base.json_types import known, misfit
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import open_binary
from rnnlab.runs.journal import Journal
from rnnlab.runs.paths import RunPaths

_MOST_BYTES = 1 << 16


@dataclass(frozen=True)
class WorkerRecord:
    """The environment of one worker."""

    started: float = 0.0
    """Time at which the worker began to train, in seconds since 1970."""
    step: int = 0
    """Step from which it trained."""
    pid: int = 0
    host: str = ""
    platform: str = ""
    """Operating system and architecture."""
    device: str = ""
    """Device of the computation, such as cpu or cuda:0, with the name of the hardware."""
    dtype: str = ""
    threads: int = 0
    """Threads of torch."""
    rnnlab: str = ""
    """Version of rnnlab; likewise for the next two."""
    python: str = ""
    torch: str = ""


def add_worker(paths: RunPaths, worker: WorkerRecord) -> None:
    """Append a worker to the file of a run, with a single write, and flush it; raise OSError."""
    with Journal(paths.workers) as file:
        file.write(json.dumps(asdict(worker), ensure_ascii=False) + "\n")
        file.flush()


def read_workers(paths: RunPaths) -> list[WorkerRecord]:
    """Return the workers of a run, the first one first; ignore invalid lines.

    Of a file longer than 64 KiB, return the last workers.
    """
    try:
        with open_binary(paths.workers) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_BYTES))
            lines = file.read(_MOST_BYTES).splitlines()
    except OSError:
        return []
    return [worker for line in lines if (worker := _parsed(line)) is not None]


def _parsed(line: bytes) -> WorkerRecord | None:
    try:
        values = parse_json(line)
    except ValueError:
        return None
    if not isinstance(values, dict) or misfit(WorkerRecord, values):
        return None
    return WorkerRecord(**known(WorkerRecord, values))
