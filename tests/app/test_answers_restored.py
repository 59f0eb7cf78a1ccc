"""Answers and fields come back at the next start, unless their run is gone."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rnnlab.protocol.messages import Ended, Progress, Reply, Started
from rnnlab.runs.rename import rename
from rnnlab.tui.app import LabApp
from rnnlab.tui.prompting.pane import PromptPane
from rnnlab.tui.state.prompt_session import PromptRequest, PromptSession, SavedSession
from tests.toys.answering_generator import AnsweringGenerator
from tests.toys.app_lab import WORLD, until
from tests.toys.fake_generator import FakeGenerator
from tests.toys.fixed_lab import CountedFeed
from tests.toys.prompting import ask, bodies, field, open_prompt, prompt_field, status

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab, OpenLab


RECALLED_BY = 2
"""Reads of the runs: the app restores the last answers between the first one and the second."""


@pytest.mark.parametrize("checkpoint", ["best", "40"])
async def test_fields_and_answers_are_restored_at_the_next_start(
    lab: Lab, open_lab: OpenLab, tmp_path: Path, checkpoint: str
) -> None:
    lab.add("alpha")
    outside = replace(WORLD, make_generator=AnsweringGenerator)
    view = tmp_path / "state" / "view-1.json"
    values = {"decoders": "beam:k=3", "length": "77", "seed": "5", "checkpoint": checkpoint}
    prompt = "[b]Once\\n\n\\"
    app = open_lab(view_file=view, outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_prompt(pilot, app)
        for name, value in values.items():
            field(app, name).value = value
        prompt_field(app).text = prompt
        await pilot.press("enter")
        await until(pilot, lambda: "done in" in status(app))
        written, traced = bodies(app), app.state.session.searches[0].hypotheses
    assert (tmp_path / "state" / "answers-1.jsonl").stat().st_mode & 0o77 == 0, "for its owner only"
    app = open_lab(view_file=view, outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bodies(app) == written)
        await until(
            pilot,
            lambda: "previous session: done in 0.2s at step" in status(app),
        )
        assert {name: field(app, name).value for name in values} == values
        assert prompt_field(app).text == prompt
        assert app.state.session.searches[0].hypotheses == traced
        assert not FakeGenerator.latest_made.requests
        before = (tmp_path / "state" / "answers-1.jsonl").stat().st_mtime_ns
    assert (tmp_path / "state" / "answers-1.jsonl").stat().st_mtime_ns == before, "another lab's"


async def test_answers_of_a_removed_run_are_not_shown_again(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    alpha = lab.add("alpha")
    app = open_lab(view_file=tmp_path / "view-1.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
    lab.store.remove(alpha)
    lab.add("beta")
    feed = CountedFeed(lab.store)
    outside = replace(WORLD, make_poller=lambda _store: feed)
    app = open_lab(view_file=tmp_path / "view-1.json", outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: feed.num_reads >= RECALLED_BY)
        assert app.state.session.request is None


async def test_what_is_asked_before_or_while_the_last_answers_come_is_not_mixed_with_them(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    old = PromptRequest("alpha", "Before", ())
    replies: list[Reply] = [
        Started(0, 1),
        Progress(0, 0, [], is_last=True),
        Ended(0, was_cancelled=False, elapsed_s=9.0),
    ]
    last = SavedSession(old, replies)
    new = PromptRequest("alpha", "Once", ())
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        session = app.state.session
        await session.recall(last)
        assert session.request is not None
        assert session.request.prompt == "Once"

    class Hasty:
        """Asks something else at the first word."""

        async def on_reply(self, reply: Reply) -> None:
            if isinstance(reply, Started):
                session.begin(new)

    session = PromptSession()
    session.attach(Hasty())
    await session.recall(last)
    assert (session.request, session.answers, session.is_over) == (new, {}, False)
    assert not session.is_recalled


async def test_answers_recalled_before_the_prompt_is_mounted_are_shown_in_it(
    lab: Lab, open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lab.add("alpha")
    app = open_lab(view_file=tmp_path / "view-1.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
    feed = CountedFeed(lab.store)
    mount = PromptPane.on_mount

    async def mount_late(pane: PromptPane) -> None:
        while feed.num_reads < RECALLED_BY:
            await asyncio.sleep(0.01)
        mount(pane)

    monkeypatch.setattr(PromptPane, "on_mount", mount_late)
    outside = replace(WORLD, make_poller=lambda _store: feed)
    app = open_lab(view_file=tmp_path / "view-1.json", has_outline=True, outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: feed.num_reads >= RECALLED_BY)
        await until(pilot, lambda: bodies(app) == ["Once upon"])


async def test_the_view_and_the_answers_are_saved_when_the_terminal_hangs_up(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab.add("alpha")
    view = tmp_path / "view-1.json"
    codes: list[int] = []
    app = open_lab(view_file=view, outside=replace(WORLD, leave=codes.append))
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        signal.raise_signal(signal.SIGHUP)
        await until(pilot, lambda: codes)
        assert codes == [128 + signal.SIGHUP]
        kept = json.loads(view.read_text("utf-8"))
        assert (kept["chosen"], kept["fields"]["prompt"]) == ("alpha", "Once")
        assert "upon" in (tmp_path / "answers-1.jsonl").read_text("utf-8")


async def test_answers_pin_and_selection_come_back_after_the_run_was_renamed(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab.add("alpha")
    app = open_lab(view_file=tmp_path / "view-1.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        app.state.toggle_pins(["alpha"])
        app.state.selected = ("alpha",)
    rename(lab.store, lab.store.open("alpha"), "beta")
    app = open_lab(view_file=tmp_path / "view-1.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bodies(app) == ["Once upon"])
        assert (app.state.view.pinned, app.state.selected) == (["beta"], ("beta",))
        assert app.state.chosen_name == "beta"
        assert app.state.session.request is not None
        assert app.state.session.request.run == "beta"
