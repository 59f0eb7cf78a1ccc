"""Old checkpoints are deleted only after the new ones are verified; a damaged one is survived."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.runs.intact import DamagedError, damaged_weights
from rnnlab.runs.mailbox import Command
from rnnlab.training import Session, train
from rnnlab.training._verification import Verification, is_intact_on_disk
from tests.toys.damage import flip_bit
from tests.toys.sessions import event_lines, events, scripted_validation, snapshot

Start = Callable[..., Session]
EVERY_FOUR = {"checkpoint_every": 4, "eval_every": 100, "keep": 1}


def spoil(*names: str) -> Callable[[Path], bool]:
    """Return a verification before which the disk spoils the files with these names, once each."""
    left = set(names)

    def verify(file: Path) -> bool:
        if file.name in left:
            left.discard(file.name)
            flip_bit(file, -1)
        return is_intact_on_disk(file)

    return verify


def test_files_are_verified_in_another_thread(tmp_path: Path) -> None:
    may_end = threading.Event()
    threads: list[str] = []

    def verify(file: Path) -> bool:
        threads.append(threading.current_thread().name)
        may_end.wait()
        return file.name == "good"

    verification = Verification([tmp_path / "good", tmp_path / "bad"], verify)
    before = verification.is_done
    may_end.set()
    verification.wait()
    assert (before, verification.is_done) == (False, True)
    assert verification.damaged == [tmp_path / "bad"]
    assert threading.current_thread().name not in threads


@pytest.mark.parametrize("kind", ["weights", "training"])
def test_older_checkpoints_are_kept_until_a_newer_one_is_intact(start: Start, kind: str) -> None:
    name = f"{kind}-00000008.safetensors"
    session = start(seams={"verify": spoil(name)}, **EVERY_FOUR)
    kept: dict[int, list[int]] = {}

    def look(step: int) -> None:
        session.saver.tidy(wait=True)
        kept[step] = session.paths.resumable_steps()

    session.control.on_step = look  # type: ignore[attr-defined]
    train(session)
    assert kept[7] == [4]
    assert kept[8] == [4, 8]
    assert [record.step for record in events(session, "damaged")] == [8]
    [message] = (record.message for record in events(session, "damaged"))
    assert message.startswith(f"damaged on the disk: {name}; the older checkpoints are kept")
    # The next checkpoint follows at once, and not four steps later.
    assert kept[9] == [9]
    assert session.paths.checkpoint_steps() == [24]


def test_damaged_best_weights_keep_the_older_ones_for_good(start: Start) -> None:
    settings = {"checkpoint_every": 100, "eval_every": 8, "keep": 1, "lr": 0.02, "steps": 24}
    session = start(seams={"verify": spoil("weights-00000016.safetensors")}, **settings)
    session.measure = scripted_validation([3.0, 2.0, 2.5])
    session.control.on_step = lambda _step: session.saver.tidy(wait=True)  # type: ignore[attr-defined]
    train(session)
    assert session.paths.checkpoint_steps() == [8, 16, 24]
    assert [record.step for record in events(session, "damaged")] == [16]


def test_a_damaged_state_is_noticed_at_resume_and_the_older_one_is_used(start: Start) -> None:
    whole = start("whole", **EVERY_FOUR)
    train(whole)
    session = start(
        script={9: [Command("stop")]},
        seams={"verify": spoil("training-00000009.safetensors")},
        **EVERY_FOUR,
    )
    train(session)
    assert session.paths.read_pointer("last") == 9
    resumed = start(**EVERY_FOUR)
    assert resumed.state.step == 8
    train(resumed)
    lines = event_lines(resumed)
    [(step, _, message)] = [line for line in lines if line[1] == "damaged" and "goes on" in line[2]]
    assert step == 8
    assert "training-00000009.safetensors is damaged: its checksum is wrong" in message
    assert "the run goes on from step 8" in message
    assert (8, "resumed", "from the checkpoint of step 8") in lines
    assert resumed.paths.checkpoint_steps() == [24]
    for one, other in zip(snapshot(resumed), snapshot(whole), strict=True):
        assert one.equal(other)


def test_without_an_older_state_a_damaged_one_is_refused_with_a_remedy(start: Start) -> None:
    session = start(**EVERY_FOUR)
    train(session)
    flip_bit(session.paths.training_state(24), -1)
    with pytest.raises(DamagedError, match="start a run with the weights of step 24"):
        start(**EVERY_FOUR)


def test_the_hint_names_only_intact_weights(start: Start) -> None:
    session = start(checkpoint_every=4, eval_every=100, keep=6)
    train(session)
    flip_bit(session.paths.weights(16), -1)
    error = damaged_weights(session.paths.weights(24), "it is not complete")
    assert error.hint == "use another checkpoint of the run: 4, 8, 12, 20"
