"""What a user wants of prompting, one test per goal (SCREEN.md, 15 to 19)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.base.errors import BadInputError
from rnnlab.protocol.messages import Classified, Ended, Started
from rnnlab.tui.app import LabApp
from rnnlab.tui.prompting.board import READABLE, CandidateBoard
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.prompting.screen import PromptingScreen
from rnnlab.tui.screens.inspect import InspectScreen
from tests.toys.answering_generator import AnsweringGenerator
from tests.toys.app_lab import WORLD, home, text_of, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab, OpenLab

KEYS = {"lab": "f2", "prompt": "f3", "beams": "f4", "compare": "f8"}
"""The screens with the fields of a prompt, and their keys."""
TEXT = "Once upon\na time\n\nthe [b]mayor"


def page(app: LabApp) -> PromptingScreen:
    assert isinstance(app.page, PromptingScreen)
    return app.page


def board(app: LabApp) -> CandidateBoard:
    return page(app).board


def prompt_field(app: LabApp) -> TextArea:
    return page(app).text_field()


async def go(pilot: Pilot[None], app: LabApp, name: str) -> None:
    """Open a screen, and go to its text field."""
    await until(pilot, lambda: app.state.chosen is not None)
    if app.page.entry_name != name:
        await pilot.press(KEYS[name])
        await until(pilot, lambda: app.page.entry_name == name and app.page.is_current)
    page(app).focus_text()
    await pilot.pause()


async def test_15_read_the_seven_candidates_of_the_default_decoders_on_a_small_screen(
    lab: Lab, open_lab: OpenLab
) -> None:
    lab.add("alpha")
    app = open_lab(outside=replace(WORLD, make_generator=AnsweringGenerator))
    widths = [80, 120]
    async with app.run_test(size=(widths[0], 24)) as pilot:
        for name in ("lab", "prompt", "beams"):
            await go(pilot, app, name)
            await pilot.press("ctrl+u", *"Once", "enter")
            await until(pilot, lambda: not page(app).is_task_running and board(app).all_answers())
            for width in widths:
                if app.size.width != width:
                    await pilot.resize_terminal(width, 24)
                    await until(pilot, lambda width=width: app.screen.size.width == width)  # type: ignore[misc]
                shown = list(board(app).query(Candidate))
                assert len(shown) == (5 if name == "beams" else 7)
                await until(pilot, lambda: board(app).has_class("-rows"))
                assert min(one.region.width for one in shown) >= READABLE
                assert text_of(app, "#beginning").strip() == "Once"
                board(app).scroll_home(animate=False)
                await pilot.pause()
                seen = set(board(app).visible_ones())
                while len(seen) < len(shown):  # from the text field, whose focus stays
                    num_seen = len(seen)
                    await pilot.press("pagedown")
                    await pilot.pause()
                    seen |= set(board(app).visible_ones())
                    assert len(seen) > num_seen, (name, width)
                assert app.focused is prompt_field(app)
            widths.reverse()  # the next screen comes in the present width


async def test_16_paste_several_lines_into_a_prompt_and_send_all_of_them(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        await go(pilot, app, "lab")
        num_rows = board(app).size.height
        app.post_message(events.Paste(TEXT.replace("\n", "\r")))
        app.post_message(events.Key("enter", "\r"))  # in one piece, as over a slow line
        await until(pilot, lambda: generator.requests)
        assert generator.requests[0].prompt == TEXT
        assert prompt_field(app).size.height == 4
        assert board(app).size.height == num_rows, "the pane has grown"
        await go(pilot, app, "prompt")
        assert prompt_field(app).text == TEXT


async def test_16_edit_a_prompt_in_the_editor_of_ones_choice(
    lab: Lab, open_lab: OpenLab, said: list[str]
) -> None:
    edited: list[str] = []

    def edit(_app: object, text: str) -> str:
        edited.append(text)
        if len(edited) > 1:
            raise BadInputError("the editor 'ed' ended with code 1", "the text is unchanged")
        return f"{text}, upon\na time"

    lab.add("alpha")
    lab.add("opinions", task="classify")
    app = open_lab(outside=replace(WORLD, edit=edit))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        home(app).table.choose("alpha")
        await go(pilot, app, "prompt")
        await pilot.press(*"Once", "ctrl+g")
        await until(pilot, lambda: prompt_field(app).text == "Once, upon\na time")
        assert app.focused is prompt_field(app)
        await pilot.press("!", "ctrl+g")
        await until(pilot, lambda: any("ended with code 1" in one for one in said))
        assert prompt_field(app).text == "Once, upon\na time!"
        await pilot.press("ctrl+n", "ctrl+g")
        await until(pilot, lambda: len(edited) == 3)
        assert edited == ["Once", "Once, upon\na time!", "Once, upon\na time!"]


async def test_17_classify_a_document_in_the_lab_and_find_it_again_on_the_prompt_screen(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("opinions", task="classify")
    async with app.run_test(size=(80, 24)) as pilot:
        await go(pilot, app, "lab")
        await pilot.press(*"fine", "enter")
        await until(pilot, lambda: generator.requests)
        generator.classify(good=0.75, bad=0.25)
        await until(pilot, lambda: "done" in text_of(app, "#prompt-status"))

        def bars() -> list[str]:
            return str(board(app).query_one(Candidate).query(Static).last().content).splitlines()

        # They are drawn again when the layout has given the answer its width.
        shares = [["good", "75.0%"], ["bad", "25.0%"]]
        await until(pilot, lambda: [line.split()[:2] for line in bars()] == shares)
        assert bars()[0].count("▇") > 2 * bars()[1].count("▇") - 2 > 4
        await pilot.press("escape", "enter")
        assert app.page.entry_name == "lab", "classes have no tokens to open"
        await pilot.press("f3")
        await until(pilot, lambda: app.page.entry_name == "prompt")
        await until(pilot, lambda: prompt_field(app).text == "fine")
        await until(pilot, lambda: len(generator.requests) == 2)
        generator.say(Started(2, 40))
        generator.say(Classified(2, {"good": 0.75, "bad": 0.25}))
        await until(pilot, lambda: "75.0%" in text_of(app, "#classes > Static"))
        assert "▇▇▇" in text_of(app, "#classes > Static")
        await pilot.press("!", "f2")
        await until(pilot, lambda: app.page.entry_name == "lab")
        await until(pilot, lambda: prompt_field(app).text == "fine!")


async def test_18_press_enter_twice_and_leave_a_screen_with_escape_twice(
    lab: Lab, open_lab: OpenLab
) -> None:
    lab.add("alpha")
    lab.add("beta")
    app = open_lab(outside=replace(WORLD, make_generator=AnsweringGenerator))
    generator = AnsweringGenerator.latest_made
    async with app.run_test(size=(120, 40)) as pilot:
        for name in KEYS:
            await go(pilot, app, name)
            for _ in range(2):
                num_asked = len(generator.requests)
                await pilot.press("enter")
                await until(pilot, lambda num=num_asked: len(generator.requests) > num)  # type: ignore[misc]
                await until(
                    pilot, lambda: board(app).all_answers() and not page(app).is_task_running
                )
                assert app.focused is prompt_field(app), name
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.focused, Candidate))
            await pilot.press("escape")
            await until(pilot, lambda: app.page.entry_name == "lab")
            await until(pilot, lambda: app.focused is home(app).table)


async def test_18_the_rule_holds_for_the_texts_of_inspect(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.state.chosen is not None)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.page, InspectScreen) and app.page.is_current)
        field = app.page.query_one("#inspect-text", Input)
        field.focus()
        num_asked = len(generator.questions)
        await pilot.press("x", "enter")
        await until(pilot, lambda: len(generator.questions) > num_asked)
        assert app.focused is field
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is app.page.main_widget())
        await pilot.press("escape")
        await until(pilot, lambda: app.page.entry_name == "lab")


async def test_19_see_that_an_answer_is_of_older_weights_while_training_continues(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha", "running")

    def reach(step: int) -> None:
        for pointer in (run.paths.pointer("last"), run.paths.pointer("best")):
            pointer.write_text(str(step))
        lab.say(run, state="running", step=step)

    async with app.run_test(size=(120, 40)) as pilot:
        await go(pilot, app, "prompt")
        page(app).query_one("#decoders", Input).value = "greedy"
        await pilot.press(*"Once")
        for checkpoint in ("live", "last", "best"):
            reach(40)
            await until(pilot, lambda: app.state.summaries["alpha"].step == 40)
            page(app).query_one("#checkpoint", Input).value = checkpoint
            for _ in range(2):  # an answer to the same question again is not stale, either
                num_asked = len(generator.requests)
                await pilot.press("enter")
                await until(pilot, lambda num=num_asked: len(generator.requests) > num)  # type: ignore[misc]
                assert generator.requests[-1].checkpoint == checkpoint
                generator.answer(" upon")
                await until(pilot, lambda: "done" in text_of(app, "#prompt-status"))
                assert not board(app).has_class("-stale"), checkpoint
            reach(80)
            await until(pilot, lambda: board(app).has_class("-stale"))
            status = text_of(app, "#prompt-status")
            assert status.startswith("written at step 40, now at 80; enter"), checkpoint
        await pilot.press("enter")
        await until(pilot, lambda: "done" not in text_of(app, "#prompt-status"))
        await pilot.press("f4")
        await until(pilot, lambda: app.page.entry_name == "beams")


async def test_19_see_which_of_two_compared_runs_has_trained_on_since(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    run = lab.add("beta", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        await go(pilot, app, "compare")
        page(app).query_one("#decoders", Input).value = "greedy"
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        names = [request.run.rpartition("/")[2] for request in generator.requests]
        for ask in (1, 2):
            generator.say(Started(ask, 40))
            generator.say(Ended(ask, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: not page(app).is_task_running)
        lab.say(run, state="running", step=80)
        columns = list(board(app).query(Candidate))
        await until(pilot, lambda: any(one.has_class("-stale") for one in columns))
        stale = [name for name, one in zip(names, columns, strict=True) if one.has_class("-stale")]
        assert stale == ["beta"]
        status = text_of(app, "#compare-status")
        assert status.startswith("written by beta at step 40, now at 80; press enter")
        await pilot.press("x")
        await until(pilot, lambda: board(app).has_class("-stale"))


async def test_17_write_on_after_going_from_a_classifier_to_a_language_model(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("opinions", task="classify")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        app.state.chosen_name = "opinions"
        await go(pilot, app, "prompt")
        await until(pilot, lambda: app.state.chosen_name == "opinions")
        await pilot.press("x", "ctrl+n")
        await until(pilot, lambda: app.state.chosen_name == "alpha")
        await pilot.press("y")
        await until(pilot, lambda: prompt_field(app).text == "xy")
        assert app.focused is prompt_field(app)
