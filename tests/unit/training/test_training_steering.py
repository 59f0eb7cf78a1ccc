"""Settings change during training, or before a finished run continues; resume stays exact."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnlab.runs.history import read_history
from rnnlab.runs.mailbox import Command
from rnnlab.runs.pending import read_pending, write_pending
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import Session, train
from tests.toys.sessions import Clock, scripted_validation

Start = Callable[..., Session]

CHANGE = Command("set", values={"lr": 0.125, "clip": 0.5, "epochs": 1.0})


def sets(session: Session) -> list[tuple[int, str]]:
    events = read_history(session.paths.journal).events
    return [(event.step, event.message) for event in events if event.event == "set"]


def curve(session: Session) -> list[object]:
    """Return all train and eval records of a run, without times."""
    history = read_history(session.paths.journal)
    train = [(r.step, r.train_loss, r.grad_norm, r.clipped, r.lr) for r in history.train]
    return [*train, *((r.step, r.val_loss, r.is_best) for r in history.evals)]


def as_worker(start: Start, before: Session, **rest: object) -> Session:
    """Return the session of the next worker of a run, with the settings of config.toml."""
    config = RunConfig.from_toml(before.paths.config)
    return start(before.paths.name, **{**rest, **config.model_dump(exclude_none=True)})


def begin(start: Start, name: str, script: dict[int, list[Command]], **settings: object) -> Session:
    """Return a new session whose settings are in config.toml, as for a real run."""
    session = start(name, script, **settings)
    session.paths.config.write_text(session.config.to_toml(), encoding="utf-8")
    return session


def test_a_change_is_an_event_with_old_and_new_values_and_is_in_config_toml(start: Start) -> None:
    session = begin(start, "a", {10: [CHANGE]}, steps=100)
    assert train(session) == "finished"
    assert sets(session) == [(10, "lr 0.02 -> 0.125, clip 1 -> 0.5, steps 100 -> none, "
                                  "epochs none -> 1")]  # fmt: skip
    config = RunConfig.from_toml(session.paths.config)
    assert (config.lr, config.clip, config.steps, config.epochs) == (0.125, 0.5, None, 1.0)
    assert session.state.step == session.batches_per_epoch, "the new end replaces the old one"


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle", "plateau"])
def test_a_changed_run_that_is_killed_resumes_bit_for_bit(start: Start, schedule: str) -> None:
    """Killed after the change and before the next checkpoint: its own checkpoint has it."""
    settings = {"schedule": schedule, "dropout": 0.3, "log_every": 1, "checkpoint_every": 1000}
    change = Command("set", values={"lr": 0.05, "steps": 30, "patience": 50})
    whole = begin(start, "whole", {11: [change]}, **settings)
    assert train(whole) == "finished"

    def die(step: int) -> None:
        if step == 14:
            raise InterruptedError

    killed = begin(start, "killed", {11: [change]}, **settings)
    killed.control.on_step = die  # type: ignore[attr-defined]
    with pytest.raises(InterruptedError):
        train(killed)
    assert killed.paths.read_pointer("last") == 11
    resumed = as_worker(start, killed, **settings)
    assert train(resumed) == "finished"
    assert sets(resumed) == sets(whole) != []
    assert curve(resumed) == curve(whole)
    last = whole.paths.read_pointer("last")
    assert last == 30
    assert resumed.paths.weights(30).read_bytes() == whole.paths.weights(30).read_bytes()


def test_a_finished_run_continues_as_one_that_was_given_the_later_end_at_that_step(
    start: Start,
) -> None:
    settings = {"dropout": 0.3, "log_every": 1}
    short = begin(start, "short", {}, steps=15, **settings)
    train(short)
    write_pending(short.paths, {"steps": 26})
    longer = as_worker(start, short, **settings)
    assert train(longer) == "finished"
    assert sets(longer) == [(15, "steps 15 -> 26")]
    assert read_pending(longer.paths) == {}

    whole = begin(start, "whole", {}, steps=26, **settings)
    train(whole)
    own = [r.train_loss for r in read_history(longer.paths.journal).train]
    assert own == [r.train_loss for r in read_history(whole.paths.journal).train]
    weights = [run.paths.weights(26).read_bytes() for run in (longer, whole)]
    assert weights[0] == weights[1], "optimiser, masks and position in the data are kept"


def test_a_run_that_stopped_early_continues_until_patience_is_exhausted_again(start: Start) -> None:
    losses = {"measure": scripted_validation([3.0])}
    settings = {"steps": 400, "eval_every": 2, "patience": 2}
    first = begin(start, "a", {}, seams=losses, **settings)
    assert train(first) == "finished"
    assert first.state.step == 6
    write_pending(first.paths, {"patience": 2})  # unchanged: the count begins again
    again = as_worker(start, first, seams=losses, **settings)
    assert train(again) == "finished"
    assert again.state.step == 10
    assert sets(again) == []


def test_a_new_rate_replaces_what_plateaus_have_lowered(start: Start) -> None:
    losses = {"measure": scripted_validation([3.0])}
    script = {20: [Command("set", "lr", 0.5)]}
    session = begin(
        start, "a", script, seams=losses, schedule="plateau", eval_every=2, log_every=1, steps=22
    )
    train(session)
    rates = {r.step: r.lr for r in read_history(session.paths.journal).train}
    assert rates[20] < 0.02 / 4
    assert rates[21] == 0.5


def test_a_new_end_stretches_the_schedule_and_keeps_its_shape(start: Start) -> None:
    script = {10: [Command("set", "steps", 40)]}
    session = begin(start, "a", script, schedule="cosine", log_every=1, steps=20)
    whole = begin(start, "b", {}, schedule="cosine", log_every=1, steps=40)
    train(session)
    train(whole)
    rates, others = ([r.lr for r in read_history(s.paths.journal).train] for s in (session, whole))
    assert rates[10:] == others[10:]
    assert rates[9] < others[9]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"steps": 10}, "steps = 10: the run has reached 10 steps already"),
        ({"steps": 2.5}, "steps = 2.5: should be a whole number"),
        ({"patience": -1}, "patience = -1"),
        ({"minutes": 1, "hidden": 9}, "'hidden' cannot be changed during training"),
    ],
)
def test_a_change_that_is_invalid_now_is_logged_and_changes_nothing(
    start: Start, changes: dict[str, float], said: str
) -> None:
    session = begin(start, "a", {10: [Command("set", values=changes)]}, steps=12)
    before = session.paths.config.read_bytes()
    assert train(session) == "finished"
    assert session.paths.config.read_bytes() == before
    notes = [event.message for event in read_history(session.paths.journal).events]
    assert any(note.startswith(said) for note in notes), notes


def test_a_later_end_in_minutes_counts_the_training_time_so_far(start: Start) -> None:
    clock = Clock()
    script = {3: [Command("set", "minutes", 1)]}
    session = begin(start, "a", script, steps=1000, eval_every=1000, seams={"clock": clock})

    def pass_time(_step: int) -> None:
        clock.now += 8.0

    session.control.on_step = pass_time  # type: ignore[attr-defined]
    assert train(session) == "finished"
    assert session.state.step == 8


def test_a_full_disk_leaves_the_settings_as_they_are(start: Start) -> None:
    session = begin(start, "a", {5: [Command("set", "lr", 0.5)]}, steps=8)
    session.paths.config.unlink()
    (session.paths.config / "full").mkdir(parents=True)  # a folder cannot be replaced by a file
    assert train(session) == "finished"
    assert session.config.lr == 0.02
    notes = [event.message for event in read_history(session.paths.journal).events]
    assert any(note.startswith("settings unchanged: cannot write") for note in notes)
