"""The dialog of a run's settings: what its answers change, and what it refuses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Static

from rnnlab.runs.store import RunStore
from rnnlab.submit import Steered
from rnnlab.tui.runs.change_dialog import ChangeScreen, changes_of, present_texts, problem_of
from tests.toys.app_lab import Lab, until
from tests.toys.host import asked
from tests.toys.picture import lines

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.tui.shell.dialogs.form import FormScreen

PRESENT = {"lr": "0.1", "clip": "1", "steps": "100", "epochs": "", "minutes": "", "patience": "0"}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


@pytest.mark.parametrize(
    ("typed", "changes"),
    [
        ({}, {}),
        ({"lr": "0.2"}, {"lr": "0.2"}),
        ({"lr": "", "patience": "3"}, {"patience": "3"}),
        ({"steps": "200"}, {"steps": "200"}),
        ({"steps": "", "epochs": "5"}, {"epochs": "5"}),
        ({"minutes": "5"}, {"minutes": "5"}),  # a new end replaces all earlier ones
        ({"steps": ""}, {}),  # a run always has an end
    ],
)
def test_fields_that_differ_are_changes_and_a_new_end_replaces_the_others(
    typed: dict[str, str], changes: dict[str, str]
) -> None:
    assert changes_of({**PRESENT, **typed}, PRESENT) == changes


def test_a_run_that_stopped_early_continues_with_unchanged_fields() -> None:
    assert changes_of(PRESENT, PRESENT, is_for_end=True) == {"patience": "0"}


def test_fields_in_which_several_runs_differ_are_empty_and_stay_unchanged(lab: Lab) -> None:
    runs = [lab.add(name, "running", epoch=1.0) for name in ("a", "b")]
    text = runs[1].paths.config.read_text().replace("lr = 0.002", "lr = 0.5")
    runs[1].paths.config.write_text(text)
    steered = [Steered.of(run) for run in runs]
    present = present_texts(steered)
    assert (present["lr"], present["epochs"]) == ("", "10")
    check = partial(problem_of, steered, present, is_for_end=False)
    assert check(present) is None
    problem = check({**present, "epochs": "0.5"})
    assert problem is not None
    assert problem.reason == "a: epochs: the run has reached 1.00 epochs already"


def line(form: FormScreen) -> str:
    return str(form.query_one("#form-problem", Static).render())


async def test_values_are_checked_and_their_effect_is_shown_while_the_user_types(lab: Lab) -> None:
    run = lab.add("a", "running", lr=0.002, epoch=1.5)
    form = ChangeScreen([Steered.of(run)], is_for_end=False)
    async with asked(form) as (host, pilot):
        rate, epochs = (form.query_one(f"#blank-{name}", Input) for name in ("lr", "epochs"))
        assert (rate.value, epochs.value) == ("0.002", "10")
        rate.value = "-1"
        await until(pilot, lambda: line(form) == "lr: should be greater than 0")
        rate.value = "0.05"
        await until(pilot, lambda: "lr 0.002 -> 0.05; the rate is 0.05 (was 0.002)" in line(form))
        epochs.value = "1"
        await until(pilot, lambda: "epochs: the run has reached 1.50 epochs" in line(form))
        await pilot.press("enter")
        await until(pilot, lambda: form.focused is epochs)
        assert host.results == []
        epochs.value = "20"
        await pilot.press("enter")
        await until(pilot, lambda: host.results)
    assert changes_of(host.results[0], present_texts([Steered.of(run)])) == {
        "lr": "0.05", "epochs": "20",
    }  # fmt: skip


async def test_the_dialog_follows_its_run_and_a_value_that_the_run_has_passed_is_refused(
    lab: Lab,
) -> None:
    run = lab.add("a", "running", epoch=1.0)
    form = ChangeScreen([Steered.of(run)], is_for_end=False)
    async with asked(form) as (_host, pilot):
        form.query_one("#blank-steps", Input).value = "50"
        await until(pilot, lambda: "steps none -> 50" in line(form))
        lab.say(run, state="running", step=60, epoch=2.5)
        form.show_state()
        await until(pilot, lambda: "steps: the run has reached 60 steps" in line(form))
        text = "\n".join(lines(form.app))
        assert "running at step 60" in text
        assert "; now 60" in text
        assert "; now 2.50" in text


async def test_the_dialog_of_a_finished_run_suggests_twice_its_length(lab: Lab) -> None:
    run = lab.add("a", "finished", epoch=10.0)
    form = ChangeScreen([Steered.of(run)], is_for_end=True)
    async with asked(form) as (host, pilot):
        await until(pilot, lambda: "epochs 10 -> 20" in line(form))
        assert form.focused is form.query_one("#blank-epochs"), "not in lr, which would be changed"
        form.query_one("#blank-epochs", Input).value = "10"
        await until(pilot, lambda: "completed all its steps: enter a later end" in line(form))
        await pilot.press("escape")
        await until(pilot, lambda: host.results)
    assert host.results == [None]


async def test_an_absurd_rate_is_asked_about_once(lab: Lab) -> None:
    form = ChangeScreen([Steered.of(lab.add("a", "running", epoch=1.0))], is_for_end=False)
    async with asked(form) as (host, pilot):
        form.query_one("#blank-lr", Input).value = "1000"
        await until(pilot, lambda: line(form) == "lr = 1000: 500,000 times the present 0.002")
        await pilot.press("enter")
        await until(pilot, lambda: "enter again" in line(form))
        assert not host.results
        await pilot.press("enter")
        await until(pilot, lambda: host.results)


@pytest.mark.parametrize("best", [None, 40])
async def test_a_finished_run_with_a_best_checkpoint_offers_a_new_run_from_it(
    lab: Lab, best: int | None
) -> None:
    run = lab.add("a", "finished", epoch=10.0)
    run.paths.pointer("best").unlink(missing_ok=True)
    if best is not None:
        run.paths.pointer("best").write_text(str(best))
    form = ChangeScreen([Steered.of(run)], is_for_end=True)
    async with asked(form) as (host, pilot):
        assert bool(form.query("#other")) is (best is not None)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: form.is_other_chosen or best is None)
        assert host.results == ([] if best is None else [None])
