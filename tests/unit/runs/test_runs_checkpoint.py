"""Which checkpoint: the texts that name one, their only error, and `live` on disk."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.runs.checkpoint import (
    NAMES,
    POINTERS,
    NotYetError,
    parse_checkpoint,
    resolve_checkpoint,
    split_checkpoint,
)
from rnnlab.runs.fresh_checkpoint import FOR_A_PROMPT
from rnnlab.runs.mailbox import Command, collect
from tests.toys.live_runs import LateWeights, held, make_run


def test_a_checkpoint_is_a_name_or_a_step() -> None:
    assert [parse_checkpoint(name, NAMES) for name in NAMES] == ["live", "last", "best"]
    assert [parse_checkpoint(text, NAMES) for text in ("0", "12", "00000012")] == [0, 12, 12]


@pytest.mark.parametrize("text", ["", "first", "-1", "1.5", "²", "Last", "1 "])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        parse_checkpoint(text, NAMES)
    assert str(caught.value) == f"{text!r} is not a checkpoint; use live, last, best or a step"


def test_a_number_that_cannot_be_a_step_is_refused() -> None:
    with pytest.raises(BadInputError, match="is not a checkpoint") as caught:
        parse_checkpoint("9" * 5000, NAMES)
    assert len(str(caught.value)) < 100


def test_the_error_lists_the_last_steps_and_the_names_that_are_accepted() -> None:
    with pytest.raises(BadInputError) as caught:
        parse_checkpoint("live", POINTERS, range(7))
    expected = "'live' is not a checkpoint; use last, best or a step: 2, 3, 4, 5, 6"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("run", ("run", "")),
        ("run@best", ("run", "best")),
        ("run@", ("run", "")),
        ("/a@b/run@20", ("/a@b/run", "20")),
    ],
)
def test_a_run_and_its_checkpoint_are_split(text: str, parts: tuple[str, str]) -> None:
    assert split_checkpoint(text) == parts


@pytest.mark.parametrize(("text", "checkpoint"), [("last", "last"), ("best", "best"), ("7", 7)])
def test_other_checkpoints_than_live_are_as_they_are(
    tmp_path: Path, text: str, checkpoint: object
) -> None:
    run = make_run(tmp_path, "running")
    with held(run):
        assert resolve_checkpoint(run.paths, text) == checkpoint
    assert collect(run.paths.mailbox) == []


def test_for_live_a_training_run_saves_and_is_waited_for(tmp_path: Path) -> None:
    run = make_run(tmp_path, "running")
    commands: list[Command] = []

    def work() -> None:
        while not commands:
            commands.extend(collect(run.paths.mailbox))
        replace_text(run.paths.pointer("last"), "12\n")

    worker = threading.Thread(target=work)
    worker.start()
    with held(run):
        assert resolve_checkpoint(run.paths, "live") == "last"
        assert run.paths.read_pointer("last") == 12
        worker.join()
    assert commands == [Command("checkpoint", FOR_A_PROMPT)]


def test_for_live_the_first_weights_of_a_new_run_are_waited_for(tmp_path: Path) -> None:
    run = make_run(tmp_path, "starting", last=None)
    is_over = LateWeights(run)
    with held(run):
        assert resolve_checkpoint(run.paths, "live", is_over) == "last"
    assert is_over.num_calls == 3 + 1, "until the weights are there, and before the request to save"


def test_who_has_other_work_does_not_wait_for_first_weights(tmp_path: Path) -> None:
    run = make_run(tmp_path, "starting", last=None)
    with held(run):
        with pytest.raises(NotYetError):
            resolve_checkpoint(run.paths, "live", gives_way=lambda: True)
        assert resolve_checkpoint(run.paths, "live", gives_way=lambda: True, patience_s=0) == "last"


def test_who_waits_no_more_has_nothing_saved(tmp_path: Path) -> None:
    run = make_run(tmp_path, "running")
    with held(run):
        assert resolve_checkpoint(run.paths, "live", lambda: True) == "last"
    assert collect(run.paths.mailbox) == []
