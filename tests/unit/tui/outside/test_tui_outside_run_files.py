"""The files of one run are read again only when they have changed."""

from __future__ import annotations

from pathlib import Path

from rnnlab.base.files import replace_text
from rnnlab.runs.origin import Origin, write_origin
from rnnlab.runs.store import RunStore
from rnnlab.tui.outside.run_files import RunFilesReader
from tests.toys.app_lab import Lab


def test_the_same_files_are_the_same_object_and_a_change_is_read(tmp_path: Path) -> None:
    run = Lab(RunStore(tmp_path)).add("alpha")
    reader = RunFilesReader(run)
    first = reader.read()
    assert reader.read() is first
    assert first.settings["corpus"] == "stump"
    assert (first.sources["corpus"], first.sources["task"]) == ("set", "default")
    run.paths.log.write_text("a line\n")
    second = reader.read()
    assert (second.log, second.settings) == ("a line\n", first.settings)
    write_origin(run.paths, Origin({"corpus": "command line"}))
    run.paths.weights(40).write_bytes(b"weights")
    replace_text(run.paths.pointer("last"), "40\n")
    third = reader.read()
    assert third.sources["corpus"] == "command line"
    assert [checkpoint.step for checkpoint in third.checkpoints] == [40]


def test_a_run_without_files_is_empty(tmp_path: Path) -> None:
    run = Lab(RunStore(tmp_path)).add("alpha")
    run.paths.config.unlink()
    files = RunFilesReader(run).read()
    assert (files.config, files.settings, files.workers, files.log) == ("", {}, (), "")
