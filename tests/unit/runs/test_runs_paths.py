from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.base.errors import BadInputError
from rnnlab.runs.paths import RunPaths, check_run_name


@pytest.mark.parametrize("name", ["a", "0", "A.b_c-d", "x" * 64, "mer-lstm-128", "a..b"])
def test_a_plain_name_can_be_a_runs(name: str) -> None:
    assert check_run_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".a", "-a", "_a", "a/b", "a\\b", "a b", "é", "a\n", "a\0", "x" * 65]
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(BadInputError, match="cannot be a run's name"):
        check_run_name(name)


@given(st.text(max_size=70))
def test_a_name_that_passes_never_leaves_the_folder(name: str) -> None:
    try:
        check_run_name(name)
    except BadInputError:
        return
    root = Path("/folder/of/runs")
    assert Path(os.path.normpath(root / name)).parent == root
    assert not name.startswith(".")


def test_no_two_files_of_a_run_share_a_name(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "a")
    files = [
        paths.config, paths.vocabulary, paths.corpus, paths.status, paths.journal, paths.log,
        paths.lock, paths.mailbox, paths.weights(1), paths.training_state(1),
        paths.pointer("last"), paths.pointer("best"),
    ]  # fmt: skip
    assert len(set(files)) == len(files)
    assert {file.parent for file in files} == {paths.root}
    assert paths.name == "a"


class TestCheckpoints:
    def test_steps_are_found_ascending_whatever_else_lies_there(self, tmp_path: Path) -> None:
        paths = RunPaths(tmp_path)
        for step in (100, 7, 123_456_789):
            paths.weights(step).touch()
        paths.training_state(8).touch()
        (tmp_path / ".weights-00000009.safetensors.abc.tmp").touch()
        (tmp_path / "weights-x.safetensors").touch()
        assert paths.checkpoint_steps() == [7, 100, 123_456_789]

    def test_there_are_none_in_a_missing_folder(self, tmp_path: Path) -> None:
        assert RunPaths(tmp_path / "none").checkpoint_steps() == []

    def test_a_pointer_names_a_step(self, tmp_path: Path) -> None:
        paths = RunPaths(tmp_path)
        paths.pointer("last").write_text("12\n")
        assert paths.read_pointer("last") == 12

    @pytest.mark.parametrize("content", [None, b"", b"x", b"\xff"])
    def test_without_a_pointer_the_last_checkpoint_is_the_newest_that_can_be_resumed(
        self, tmp_path: Path, content: bytes | None
    ) -> None:
        paths = RunPaths(tmp_path)
        if content is not None:
            paths.pointer("last").write_bytes(content)
        for step in (10, 20, 30):
            paths.weights(step).touch()
        assert paths.read_pointer("last") == 30
        paths.training_state(20).touch()
        assert paths.read_pointer("last") == 20
        assert paths.read_pointer("best") is None

    @pytest.mark.parametrize("content", [None, b"", b"x", b"\xff"])
    def test_a_missing_or_broken_pointer_points_nowhere(
        self, tmp_path: Path, content: bytes | None
    ) -> None:
        paths = RunPaths(tmp_path)
        if content is not None:
            paths.pointer("best").write_bytes(content)
        assert paths.read_pointer("best") is None
