"""The machines and versions of the workers that a run has had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.runs.paths import RunPaths
from rnnlab.runs.workers import WorkerRecord, add_worker, read_workers

if TYPE_CHECKING:
    from tests.toys.lab import Lab


def test_workers_are_read_in_order_without_invalid_lines(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    assert read_workers(paths) == []
    workers = [WorkerRecord(step=step, host="here", torch="2.9") for step in (0, 40)]
    add_worker(paths, workers[0])
    with paths.workers.open("ab") as file:
        file.write(b'{"step": "x"}\n[]\n\xff\n{"step"\n')
    add_worker(paths, workers[1])
    assert read_workers(paths) == workers


def test_of_a_long_file_the_last_workers_are_read(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    paths.workers.write_text('{"host": "' + "x" * 70_000 + '"}\n', encoding="utf-8")
    add_worker(paths, WorkerRecord(step=7))
    assert [worker.step for worker in read_workers(paths)] == [7]


def test_a_worker_records_its_machine_and_its_versions(trained: Lab) -> None:
    run = trained.open("stream")
    (worker,) = read_workers(run.paths)
    status = run.status()
    assert (worker.step, worker.host, worker.device) == (0, status.host, status.device)
    assert (worker.threads, worker.dtype) == (1, "float32")
    assert all((worker.rnnlab, worker.python, worker.torch, worker.platform, worker.started))
