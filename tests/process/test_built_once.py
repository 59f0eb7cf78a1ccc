"""A shared folder of a test session is built once, whatever becomes of its builders."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toys.built_once import assert_unchanged, build_once, list_files

pytestmark = pytest.mark.process

BUILDER = """
import sys
from pathlib import Path
from tests.toys.built_once import build_once

def build(folder):
    (folder / "begun").touch()
    print("building", flush=True)
    sys.stdin.readline()
    (folder / "done").touch()

build_once(Path(sys.argv[1]), build)
print("there", flush=True)
"""


def start_builder(folder: Path) -> subprocess.Popen[str]:
    """Start a process that builds until it reads a line or its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def refuse(folder: Path) -> None:
    pytest.fail(f"{folder} is built again")


def test_others_wait_for_the_builder_and_read(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    with start_builder(folder) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "building\n"
        with start_builder(folder) as second:
            out, _ = first.communicate("go on\n")
            assert out == "there\n"
            out, _ = second.communicate("")
            assert out == "there\n", "it did not build"
    build_once(folder, refuse)
    assert sorted(list_files(folder)) == ["begun", "done"]


def test_a_builder_that_is_killed_leaves_the_work_to_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    with start_builder(folder) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "building\n"
        with start_builder(folder) as second:
            first.send_signal(signal.SIGKILL)
            out, _ = second.communicate("")
            assert out == "building\nthere\n"


def test_a_builder_that_fails_fails_everybody_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "shared"

    def fail(folder: Path) -> None:
        raise ValueError("no such corpus")

    with pytest.raises(ValueError, match="no such corpus"):
        build_once(folder, fail)
    with pytest.raises(pytest.fail.Exception, match="no such corpus"):
        build_once(folder, refuse)


def test_a_test_that_writes_to_a_shared_folder_is_found(tmp_path: Path) -> None:
    build_once(tmp_path / "shared", lambda folder: (folder / "kept").touch())
    before = list_files(tmp_path / "shared")
    assert_unchanged(tmp_path / "shared", before)
    (tmp_path / "shared" / "new").touch()
    with pytest.raises(AssertionError, match=r"\['new'\]"):
        assert_unchanged(tmp_path / "shared", before)
