"""A run on a full disk goes on, loses nothing, and says so; the kernel refuses the writes."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator

import pytest

from rnnlab.runs.intact import integrity
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import TrainRecord
from rnnlab.training import Mirror, Session, train
from tests.toys.full_disk import accept_writes, full_disk, refuse_writes
from tests.toys.sessions import Clock, events, scripted_validation, snapshot, spoil, trains

Start = Callable[..., Session]
WRITES_FAIL = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
"""The thread of TensorBoard's writer ends with the error."""


@pytest.fixture(autouse=True)
def writes_in_the_end() -> Iterator[None]:
    yield
    accept_writes()


def fill(session: Session, first: int, last: int | None = None) -> None:
    """Fill the disk at a step, and make space at a later one."""

    def at(step: int) -> None:
        if step == first:
            refuse_writes()
        if step == last:
            accept_writes()

    session.control.on_step = at  # type: ignore[attr-defined]


def test_a_run_goes_on_and_loses_nothing(start: Start) -> None:
    whole, full = (start(name, seams={"clock": Clock()}) for name in ("whole", "full"))
    train(whole)
    fill(full, 7, 17)
    assert train(full) == "finished"
    assert trains(full) == trains(whole)
    assert [record.step for record in events(full, "unsaved")] == [8]
    [message] = (record.message for record in events(full, "unsaved"))
    assert "no checkpoint at step 8: a file has reached the largest size" in message
    assert "raise the limit" in message
    assert [record.message for record in events(full, "checkpoint")] == ["saved again"]
    assert full.paths.read_pointer("last") == 24
    assert full.saver.problem == ""
    for one, other in zip(snapshot(full), snapshot(whole), strict=True):
        assert one.equal(other)


def test_the_best_weights_are_those_on_the_disk(start: Start) -> None:
    """The validations of the steps 8 and 16 are better than any later one, but not saved."""
    session = start(seams={"measure": scripted_validation([1.0, 1.1, 2.0])})
    fill(session, 7, 17)
    train(session)
    assert session.state.best_step == 24
    assert session.paths.read_pointer("best") == 24
    assert session.paths.weights(24).exists()


def test_the_final_checkpoint_is_needed(start: Start) -> None:
    session = start()
    fill(session, 7)
    with pytest.raises(OSError) as caught:  # noqa: PT011
        train(session)
    assert caught.value.errno == errno.EFBIG
    assert session.state.step == 24
    assert "no checkpoint" in session.saver.problem
    accept_writes()
    resumed = start()
    assert resumed.state.step == 6
    assert train(resumed) == "finished"


def test_the_first_checkpoint_is_needed(start: Start) -> None:
    session = start()
    with full_disk(), pytest.raises(OSError, match="File too large"):
        train(session)
    assert session.state.step == 0


def test_a_rollback_goes_on_and_is_completed_once_there_is_space(start: Start) -> None:
    settings = {"max_skipped": 6, "log_every": 2, "checkpoint_every": 6, "eval_every": 100}
    session = start(on_divergence="rollback", keep=9, **settings)
    spoil(session, lambda step: 8 <= step < 16 and session.state.num_rollbacks == 0)
    stored: list[tuple[int | None, list[int]]] = []

    def at(step: int) -> None:
        if session.state.num_rollbacks == 0 and step == 13:
            refuse_writes()
        if session.state.num_rollbacks == 1:
            stored.append((session.paths.read_pointer("last"), session.paths.checkpoint_steps()))
            if step == 17:
                accept_writes()

    session.control.on_step = at  # type: ignore[attr-defined]
    assert train(session) == "finished"
    [event] = events(session, "rollback")
    assert event.step == 6
    assert stored[0] == (12, [0, 6, 12]), "the undone checkpoint is still the last one"
    assert session.paths.checkpoint_steps() == [0, 6, 18, 24]
    assert session.paths.read_pointer("last") == 24
    assert session.saver.problem == ""


def test_a_run_can_pause_and_go_on(start: Start) -> None:
    session = start(script={10: [Command("pause")]})
    fill(session, 7, 17)
    assert train(session) == "finished"
    assert [record.step for record in events(session, "paused")] == [10]


def test_a_folder_that_is_gone_ends_the_run(start: Start) -> None:
    session = start()

    def remove(step: int) -> None:
        if step == 7:
            session.paths.root.rename(session.paths.root.with_name("moved"))

    session.control.on_step = remove  # type: ignore[attr-defined]
    with pytest.raises(FileNotFoundError):
        train(session)


@WRITES_FAIL
def test_tensorboard_is_switched_off_and_the_run_goes_on(start: Start) -> None:
    session = start(mirror=True, probe_every=2)
    fill(session, 7, 17)
    assert train(session) == "finished"
    notes = [r.message for r in events(session, "note") if "TensorBoard" in r.message]
    assert len(notes) == 1
    assert notes[0].startswith("TensorBoard is switched off: OSError: [Errno 27] File too large")


def test_a_mirror_that_fails_to_open_does_not_end_a_run(start: Start) -> None:
    class Broken(Mirror):
        def add_histograms(self, *_: object) -> None:
            raise ImportError("no module named tensorboard")

    session = start(seams={"make_mirror": Broken})
    assert train(session) == "finished"
    [note] = (r.message for r in events(session, "note") if "TensorBoard" in r.message)
    assert note == "TensorBoard is switched off: ImportError: no module named tensorboard"


def test_samples_wait_for_space(start: Start) -> None:
    session = start(sample_length=3, sample_every=4)
    fill(session, 7, 17)
    train(session)
    samples = JournalTail(session.paths.samples).read().records
    steps = sorted({record.step for record in samples if not isinstance(record, TrainRecord)})
    assert steps == [0, 4, 8, 12, 16, 20, 24]


def test_the_checkpoints_after_a_full_disk_are_intact(start: Start) -> None:
    session = start()
    fill(session, 7, 17)
    train(session)
    files = [session.paths.weights(step) for step in session.paths.checkpoint_steps()]
    files += [session.paths.training_state(24)]
    assert {integrity(file) for file in files} == {"intact"}
    assert not list(session.paths.root.glob(".*.tmp"))
