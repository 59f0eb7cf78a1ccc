"""Name, note, tags and bin from the lab: what is refused, and what several runs have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from rnnlab.runs.bin import Bin
from rnnlab.runs.notes import MOST_CHARACTERS, change_tags, read_notes
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.tui.runs.keeping import edit, new_run_from, problem_of_edit, restore_last
from tests.toys.app_lab import Lab, until
from tests.toys.desk import Desk
from tests.toys.host import asked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


def answers(**texts: str) -> dict[str, str]:
    return {"name": "a", "note": "", "tags": "", **texts}


def test_each_entry_that_cannot_be_saved_is_refused_with_its_reason(lab: Lab) -> None:
    run = lab.add("a")
    lab.add("b")

    def problem(**texts: str) -> tuple[str, str] | None:
        refused = problem_of_edit(answers(**texts), run, lab.store)
        return None if refused is None else (refused.blank, refused.reason)

    assert problem() is None
    assert problem(name="c") is None
    name, reason = problem(name="b") or ("", "")
    assert name == "name"
    assert "'b'" in reason
    long = problem(note="x" * (MOST_CHARACTERS + 1))
    assert long == ("note", f"the note is longer than {MOST_CHARACTERS} characters")
    name, reason = problem(tags="a,b#c\x1b") or ("", "")
    assert name == "tags"
    assert reason


def test_a_run_in_training_keeps_its_name(lab: Lab) -> None:
    run = lab.add("a", "running")
    problem = problem_of_edit(answers(name="c"), run, lab.store)
    assert problem is not None
    assert problem.reason == "a is running; stop it first (esc, then s)"
    assert problem_of_edit(answers(note="may change"), run, lab.store) is None


async def test_tags_are_added_to_and_removed_from_several_runs(lab: Lab) -> None:
    runs = [lab.add(name) for name in ("a", "b")]
    change_tags(runs[0], ["old"], [])
    desk = Desk(lab.store, [{"add": "good new", "remove": "old"}])
    await edit(desk.screen, ["a", "b"])
    assert [set(read_notes(run.paths).tags) for run in runs] == [{"good", "new"}] * 2
    assert desk.toasts == [("2 runs: the tags are saved", "information")]


async def test_a_cancelled_edit_changes_nothing(lab: Lab) -> None:
    run = lab.add("a")
    lab.add("b")
    before = sorted(path.name for path in run.paths.root.iterdir())
    for names in (["a"], ["a", "b"], []):
        desk = Desk(lab.store, [None])
        await edit(desk.screen, names)
        assert desk.toasts == []
    assert sorted(path.name for path in run.paths.root.iterdir()) == before


async def test_wrong_tags_of_several_runs_are_refused_in_their_field(lab: Lab) -> None:
    for name in ("a", "b"):
        lab.add(name)
    desk = Desk(lab.store, [None])
    await edit(desk.screen, ["a", "b"])
    async with asked(desk.dialogs[0]) as (host, pilot):
        for blank in ("remove", "add"):
            field = host.screen.query_one(f"#blank-{blank}", Input)
            field.value = "t" * 99
            await pilot.press("enter")
            await until(pilot, lambda field=field: host.focused is field)  # type: ignore[misc]
            assert host.results == []
            field.value = "one"
        await pilot.press("enter")
        await until(pilot, lambda: host.results)


async def test_runs_that_are_gone_are_reported_once_and_the_others_are_saved(lab: Lab) -> None:
    run = lab.add("a")
    desk = Desk(lab.store, [{"add": "x", "remove": ""}])
    await edit(desk.screen, ["a", "gone", "lost"])
    warning, saved = desk.toasts
    assert warning[1] == "warning"
    assert "unknown run 'gone'" in warning[0]
    assert warning[0].endswith("(and 1 more)")
    assert saved == ("a: the tags are saved", "information")
    assert read_notes(run.paths).tags == ("x",)


async def test_a_run_that_is_gone_cannot_be_edited_or_copied(lab: Lab) -> None:
    for is_edit in (True, False):
        desk = Desk(lab.store)
        await (edit(desk.screen, ["gone"]) if is_edit else new_run_from(desk.screen, "gone"))
        [(text, severity)] = desk.toasts
        assert "unknown run 'gone'" in text
        assert severity == "warning"
        assert desk.dialogs == desk.opened == []


async def test_a_name_taken_while_the_form_was_open_is_refused_and_nothing_is_lost(
    lab: Lab,
) -> None:
    run = lab.add("a")

    def take_the_name(_form: object) -> dict[str, str]:
        lab.add("b")
        return answers(name="b", note="n")

    desk = Desk(lab.store, [take_the_name])
    await edit(desk.screen, ["a"])
    [(text, severity)] = desk.toasts
    assert "'b'" in text
    assert severity == "warning"
    assert {one.name for one in lab.store} >= {"a", "b"}
    assert read_notes(run.paths).note == ""


async def test_what_was_deleted_last_comes_back_under_another_name_if_its_own_is_taken(
    lab: Lab,
) -> None:
    Bin(lab.store).put(lab.add("a"))
    lab.add("a")
    desk = Desk(lab.store)
    await restore_last(desk.screen)
    [text] = desk.told
    new = desk.state.chosen_name
    assert text == f"{new} is back; a as {new}: its name is taken"
    await restore_last(desk.screen)
    assert desk.toasts[-1] == ("the bin is empty", "warning")


async def test_a_bin_that_cannot_be_written_is_reported(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    Bin(lab.store).put(lab.add("a"))

    def refuse(_bin: Bin, _entry: object) -> Run:
        raise PermissionError(13, "Permission denied", "runs/a")

    monkeypatch.setattr(Bin, "restore", refuse)
    desk = Desk(lab.store)
    await restore_last(desk.screen)
    assert desk.toasts == [("Permission denied: runs/a", "warning")]
