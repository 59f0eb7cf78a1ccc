"""The prompt screen, and what can be done with what was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.protocol.messages import Classified, Failed, Started
from rnnlab.tui.app import LabApp
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.prompting.decoders_dialog import DecodersScreen
from rnnlab.tui.prompting.document_pane import DocumentPane
from rnnlab.tui.screens.beams import BeamsScreen
from rnnlab.tui.screens.prompt import PromptScreen
from rnnlab.tui.shell.dialogs.ask_line import AskLineScreen
from tests.toys.app_lab import home, opened, text_of, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab, OpenLab


async def open_prompt(pilot: Pilot[None], app: LabApp) -> PromptScreen:
    return await opened(pilot, app, "f3", PromptScreen)


async def ask(
    pilot: Pilot[None], app: LabApp, generator: FakeGenerator, prompt: str, *texts: str
) -> None:
    """Ask greedily and be answered."""
    app.screen.query_one("#decoders", Input).value = "greedy" if len(texts) < 2 else "beam:k=3"
    app.screen.query_one("#prompt", TextArea).text = prompt
    await pilot.press("enter")
    await until(pilot, lambda: generator.requests)
    generator.answer(*texts)
    await until(pilot, lambda: "done" in status_line(app))


def status_line(app: LabApp) -> str:
    return str(app.screen.query_one("#prompt-status", Static).render())


def body(app: LabApp) -> str:
    return str(app.screen.query_one(Candidate).query(Static).last().render())


async def test_any_checkpoint_is_asked_and_what_is_none_is_said(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha")
    (run.paths.root / "weights-00000020.safetensors").touch()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_prompt(pilot, app)
        assert app.focused is screen.query_one("#prompt")
        await pilot.press(*"Once", "enter")
        await until(pilot, lambda: len(generator.requests) == 1)
        field = screen.query_one("#checkpoint", Input)
        for wish in ("best", "20"):
            field.value = wish
            await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 3)
        assert [r.checkpoint for r in generator.requests] == ["live", "best", "20"]
        assert all(r.has_trace for r in generator.requests)
        field.value = "newest"
        await pilot.press("enter")
        await until(pilot, lambda: "'newest' is not a checkpoint" in status_line(app))
        assert "use live, last, best or a step: 20" in status_line(app)
        assert len(generator.requests) == 3


async def test_another_run_is_chosen_by_a_key_and_home_follows(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_prompt(pilot, app)
        first = app.state.chosen_name
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.state.chosen_name != first)
        assert screen.pane.border_title == f"Prompt {app.state.chosen_name}"
        await pilot.press("ctrl+pageup")
        await until(pilot, lambda: app.state.chosen_name == first)
        await pilot.press("ctrl+n", "escape", "escape")
        await until(pilot, lambda: app.screen is home(app))
        assert home(app).table.chosen is app.state.chosen
        assert app.state.chosen_name != first


async def test_what_is_written_on_one_screen_stands_on_the_others(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_prompt(pilot, app)
        await ask(pilot, app, generator, "Once", " upon", " more")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is home(app))
        shown = [c.answer.continuation for c in app.screen.query(Candidate) if c.answer]
        assert shown == [" upon", " more"]
        assert app.screen.query_one("#prompt", TextArea).text == "Once"
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.focused, TextArea))
        await pilot.press("x", "f3")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        assert app.screen.query_one("#prompt", TextArea).text == "Oncex"


async def test_a_model_of_words_is_asked_for_words(lab: Lab, app: LabApp) -> None:
    from rnnlab.base.files import replace_text
    from rnnlab.settings.run_config import RunConfig

    run = lab.add("alpha")
    words = RunConfig.from_values({"corpus": "stump", "tokens": "words"})
    replace_text(run.paths.config, words.to_toml())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_prompt(pilot, app)
        assert str(screen.query_one("#unit", Static).render()).strip() == "words"


async def test_a_document_is_judged_as_it_is_written(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha", task="classify")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_prompt(pilot, app)
        assert isinstance(app.focused, TextArea)
        assert not screen.pane.region
        await pilot.press(*"fine", "enter", *"film")
        await until(pilot, lambda: [r.prompt for r in generator.requests][-1:] == ["fine\nfilm"])
        request = generator.requests[-1]
        assert (request.decoders, request.checkpoint) == ([], "last")
        generator.say(Started(generator.latest, 40))
        generator.say(Classified(generator.latest, {"[very  good]": 0.97, "bad": 0.03}))
        pane = screen.query_one(DocumentPane)
        await until(pilot, lambda: "step 40" in str(pane.query(Static).last().render()))
        classes = str(pane.query(Static).last().render()).splitlines()
        assert classes[0].startswith("[very  good]  97.0% ▇")
        assert classes[1].split() == ["bad", "3.0%", "▇"]


async def test_d_goes_through_the_ways_to_see_the_letters(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_prompt(pilot, app)
        await ask(pilot, app, generator, "a", "b")
        screen.query_one(Candidate).focus()
        seen = []
        for _ in range(4):
            await pilot.press("d")
            seen.append((screen.pane.board.look, body(app).rstrip()))
        assert [look for look, _ in seen] == ["shade", "marks", "letters", "text"]
        assert seen[0][1] == seen[3][1] == "ab"
        assert seen[1][1] == "ab\n ."
        assert seen[2][1].startswith("b  -1.00   -1.0")


async def test_a_continuation_is_copied_with_a_word_on_tmux_within_it(
    lab: Lab,
    app: LabApp,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
) -> None:
    lab.add("alpha")
    copied: list[str] = []
    monkeypatch.setattr(LabApp, "copy_to_clipboard", lambda _self, text: copied.append(text))
    monkeypatch.delenv("TMUX", raising=False)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_prompt(pilot, app)
        await ask(pilot, app, generator, "Once", " upon")
        screen.query_one(Candidate).focus()
        for is_in_tmux in (False, True):
            if is_in_tmux:
                monkeypatch.setenv("TMUX", "/tmp/tmux")
            said.clear()
            await pilot.press("c")
            await until(pilot, lambda: "copied 9 characters" in " | ".join(said))
            assert copied.pop() == "Once upon"
            assert ("set-clipboard" in " | ".join(said)) is is_in_tmux


async def test_candidates_are_saved_as_text_or_json_and_nothing_is_overwritten(
    lab: Lab, app: LabApp, generator: FakeGenerator, tmp_path: Path, said: list[str]
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_prompt(pilot, app)
        await ask(pilot, app, generator, "Once", " upon", " more")
        screen.query_one(Candidate).focus()
        for name, message in (
            ("a.txt", "saved 2 continuations"), ("a.json", "a.json"), ("a.txt", "already exists"),
            ("no/a.txt", "cannot write"),
        ):  # fmt: skip
            await pilot.press("W")
            await until(pilot, lambda: isinstance(app.screen, AskLineScreen))
            line = app.screen.query_one("#line", Input)
            assert line.value in ("alpha-40.txt", str(tmp_path / name))
            line.value = str(tmp_path / name)
            await pilot.press("enter")
            await until(pilot, lambda: any(message in one for one in said))  # noqa: B023
            screen.query_one(Candidate).focus()
    text = (tmp_path / "a.txt").read_text()
    assert "Once upon\n\n# beam:k=3 #2  -2.00 nats\nOnce more" in text
    assert [a["text"] for a in json.loads((tmp_path / "a.json").read_text())] == [
        "Once upon", "Once more",
    ]  # fmt: skip


async def test_the_form_of_decoders_writes_the_box_and_escape_leaves_it(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_prompt(pilot, app)
        box = app.screen.query_one("#decoders", Input)
        box.value = "greedy beam:k=3"
        for key, wanted in (("escape", "greedy beam:k=3"), ("enter", "beam:k=3")):
            await pilot.press("f9")
            await until(pilot, lambda: isinstance(app.screen, DecodersScreen) and app.focused)
            await pilot.press("space", key)
            await until(pilot, lambda: isinstance(app.screen, PromptScreen))
            assert box.value == wanted


async def test_why_no_answer_comes_stands_in_the_pane_in_full(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_prompt(pilot, app)
        await pilot.press("x", "enter")
        await until(pilot, lambda: generator.requests)
        generator.say(Failed(1, "the model never saw 'x'", can_be_nearest=True))
        await until(pilot, lambda: screen.query(Candidate))
        await until(pilot, lambda: body(app) == "the model never saw 'x'")
        advice = "press enter again to replace each by a similar known one, or drop it"
        assert status_line(app) == f"the model never saw 'x'; {advice}"
        await pilot.press("f4")  # the same words
        await until(pilot, lambda: isinstance(app.screen, BeamsScreen))
        await until(pilot, lambda: text_of(app, "#beam-status").endswith(f"'x'; {advice}"))


async def test_what_was_asked_at_the_last_start_is_brought_back(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab.add("alpha")
    for keys in ((*"Once [b]", "enter"), ("up",)):
        app = open_lab(view_file=tmp_path / "view.json")
        async with app.run_test(size=(120, 40)) as pilot:
            screen = await open_prompt(pilot, app)
            screen.pane.form.prompt.text = ""
            await pilot.press(*keys)
            await until(pilot, lambda screen=screen: screen.pane.form.prompt.text == "Once [b]")  # type: ignore[misc]
