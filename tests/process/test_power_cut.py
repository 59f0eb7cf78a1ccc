"""A power cut at any moment loses nothing beyond the last checkpoint, and every run resumes.

A run is recorded once; a simulator makes the folders that a cut can leave. `make soak` tries all of
them, this file a sample.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rnnlab.runs.mailbox import Command
from tests.toys.power_cut import cuts
from tests.toys.recorded_files import ROOT, Data, Flush, Mark, Operation
from tests.toys.recorded_runs import record, short_run
from tests.toys.recorded_story import Story, last_weights, weights_after

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("power")]

SCRIPT = [
    {5: [Command("pause"), Command("resume")], 8: [Command("checkpoint")], 12: [Command("stop")]},
    {},
]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A run that pauses, saves, stops, and is resumed to its end."""
    folder = tmp_path_factory.mktemp("story")
    return record(folder, short_run(folder), SCRIPT)


def problems(story: Story, scratch: Path, seed: int, most: int) -> Iterator[str]:
    for cut in cuts(story.operations, seed, num_random=1, most=most):
        for problem in story.problems(cut, scratch):
            yield f"{cut.place}: {problem}"


def test_every_folder_that_a_power_cut_leaves_resumes(story: Story, tmp_path: Path) -> None:
    steps = [one.step for one in story.operations if isinstance(one, Mark) and one.what == "saved"]
    assert steps[-1] == 20
    assert len(steps) > 8
    assert list(problems(story, tmp_path / "scratch", seed=1, most=5)) == []


def test_a_run_continues_after_a_power_cut_as_if_there_had_been_none(
    story: Story, tmp_path: Path
) -> None:
    expected = last_weights(story.folder / "checkpoints")
    after = [cut for cut in cuts(story.operations, 2, most=5) if len(cut.marks) > 2]
    for cut in random.Random(3).sample(after, 3):
        assert weights_after(story, cut, tmp_path / "scratch") == expected, cut.place


def drop_flushes_of_folders(operations: list[Operation]) -> list[Operation]:
    folders = {ROOT} | {one.folder for one in operations if hasattr(one, "folder")}
    return [one for one in operations if not (isinstance(one, Flush) and one.node in folders)]


def drop_flushes_of_files(operations: list[Operation]) -> list[Operation]:
    files = {one.node for one in operations if isinstance(one, Data)}
    return [one for one in operations if not (isinstance(one, Flush) and one.node in files)]


@pytest.mark.parametrize(
    ("drop", "problem"),
    [(drop_flushes_of_folders, "lost"), (drop_flushes_of_files, "torn")],
    ids=["folders", "files"],
)
def test_the_simulator_finds_a_missing_flush(
    story: Story, tmp_path: Path, drop: Callable[[list[Operation]], list[Operation]], problem: str
) -> None:
    faulty = Story(story.folder, drop(story.operations))
    assert any(problem in one for one in problems(faulty, tmp_path / "scratch", seed=1, most=2))
