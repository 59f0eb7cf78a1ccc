"""The prompt of the home screen: what its fields ask for, and how answers are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input, Static, TextArea

from rnnlab.base import registry
from rnnlab.protocol.messages import Ended, Failed, Started
from rnnlab.tui.messages import GeneratorDied
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.prompting.decoders_dialog import DecodersScreen
from rnnlab.tui.prompting.prompt_text import PromptText
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.footer import LabFooter
from tests.toys.app_lab import home, mailed, table, text_of, until
from tests.toys.prompting import bodies, field

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


def status_line(app: LabApp) -> str:
    return text_of(app, "#prompt-status")


def prompt_field(app: LabApp) -> PromptText:
    return app.screen.query_one("#prompt", PromptText)


def heads(app: LabApp) -> list[str]:
    return [str(one.query_one(".head", Static).render()) for one in app.screen.query(Candidate)]


async def ask(pilot: Pilot[None], app: LabApp, prompt: str, decoders: str) -> None:
    """Fill the prompt and the decoders in, and press enter."""
    await until(pilot, lambda: table(app).row_count)
    if not isinstance(app.focused, TextArea):
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.focused, TextArea))
    field(app, "decoders").value = decoders
    prompt_field(app).set_text(prompt)
    await pilot.press("enter")


async def asked(pilot: Pilot[None], generator: FakeGenerator, num: int) -> None:
    """Wait until the generator has been asked for continuations `num` times."""
    await until(pilot, lambda: len(generator.requests) == num)


async def answered(pilot: Pilot[None], app: LabApp, generator: FakeGenerator, *texts: str) -> None:
    """Answer the first request with these continuations, and wait until they are shown."""
    await asked(pilot, generator, 1)
    generator.answer(*texts)
    await until(pilot, lambda: "done" in status_line(app))


async def test_beam_candidates_are_shown_in_columns_with_their_log_probs_and_are_copied(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", "beam:k=3")
        await asked(pilot, generator, 1)
        request = generator.requests[0]
        assert request.run == str(run.paths.root.resolve())
        assert (request.prompt, request.decoders, request.seed) == ("Once", ["beam:k=3"], 1)
        await answered(pilot, app, generator, " upon", " up in", " more")
        first, _, third = heads(app)
        assert ["beam:k=3 #1" in first, "-1.0" in first, "-3.0" in third] == [True] * 3
        assert bodies(app) == ["Once upon", "Once up in", "Once more"]
        columns = list(app.screen.query(Candidate))
        assert len({column.region.x for column in columns}) == 3
        columns[1].focus()
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == "Once up in")


async def test_a_classifier_answers_in_one_column_whatever_the_decoders(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha", task="classify", val_accuracy=0.875)
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "A fine film", "no-decoder beam:k=3")
        await asked(pilot, generator, 1)
        fields = home(app).form.query(Input).results(Input)
        assert [field.id for field in fields if field.display] == ["checkpoint"]
        assert "F9" not in {key.written for key in app.page.query_one(LabFooter).shown}
        generator.classify(**{"[b]good": 0.97, "bad": 0.03})
        await until(pilot, lambda: "done" in status_line(app))
        assert generator.requests[0].decoders == []
        assert ["classes #1" in head for head in heads(app)] == [True]
        first, second = bodies(app)[0].splitlines()
        assert first.startswith("[b]good  97.0% ▇▇▇")
        assert second.split() == ["bad", "3.0%", "▇"]
        assert home(app).pane.border_title == "Classify with alpha"
        assert "87.5% of the documents correct" in text_of(app, "#details > Static")


async def test_foreign_text_is_shown_as_it_is_and_its_letters_with_their_log_probs(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        for num, text in enumerate(["[applause]", "[/bold]", "\x1b[31mred", "😀 [b]x", "bc"], 1):
            await ask(pilot, app, "x", "greedy")
            await asked(pilot, generator, num)
            generator.answer(text)
            wanted = ["x" + text.replace("\x1b", "␛")]
            await until(pilot, lambda wanted=wanted: bodies(app) == wanted)  # type: ignore[misc]
        await pilot.press("escape", "t")
        await until(pilot, lambda: "-0.50" in bodies(app)[0])
        assert bodies(app)[0].startswith("b")


async def test_the_fields_are_checked_and_read_into_the_request(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "beem:k=3")
        await until(pilot, lambda: "did you mean 'beam'" in status_line(app))
        assert generator.requests == []
        await ask(pilot, app, "A.\n", 'greedy:stop=". I|!"  beam:k=2')
        await asked(pilot, generator, 1)
        [request] = generator.requests
        assert request.decoders == ['greedy:stop=". I|!"', "beam:k=2"]
        assert request.prompt == "A.\n"


async def test_a_backslash_before_an_n_is_sent_and_recalled_as_it_is_written(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "\\newline\n", "greedy")
        await asked(pilot, generator, 1)
        assert generator.requests[0].prompt == "\\newline\n"
        await pilot.press("ctrl+u", "up")
        assert prompt_field(app).text == "\\newline\n"


async def test_keys_in_the_prompt_write_and_bring_earlier_prompts_back_and_steer_nothing(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "first", "greedy")
        await asked(pilot, generator, 1)
        await pilot.press("ctrl+u", *"spqnrk?")
        assert prompt_field(app).text == "spqnrk?"
        await pilot.press("up")
        assert prompt_field(app).text == "first"
        await pilot.press("down")
        assert prompt_field(app).text == "spqnrk?"
        assert isinstance(app.screen, LabScreen)
        assert mailed(run) == []


async def test_an_error_is_shown_where_the_answer_would_be_and_enter_tries_again(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await answered(pilot, app, generator, "yz")
        await pilot.press("enter")
        await asked(pilot, generator, 2)
        generator.say(Failed(2, "the model never saw 'x'", can_be_nearest=True))
        await until(pilot, lambda: "enter again" in status_line(app))
        assert bodies(app) == ["the model never saw 'x'"]
        await pilot.press("enter")
        await asked(pilot, generator, 3)
        await pilot.press("y", "enter")
        await asked(pilot, generator, 4)
        assert [one.unknown for one in generator.requests] == ["auto", "auto", "nearest", "auto"]
        app.post_message(GeneratorDied("No module named 'torch'"))
        await until(pilot, lambda: "No module named 'torch'" in status_line(app))
        starts = generator.num_starts
        app.post_message(GeneratorDied("replaced: it did not answer", is_replaced=True))
        await until(pilot, lambda: "replaced: it did not answer; press" in status_line(app))
        await until(pilot, lambda: generator.num_starts == starts + 1)


async def test_a_run_removed_elsewhere_is_reported_when_it_is_prompted(
    lab: Lab, app: LabApp, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        monkeypatch.setattr(app.state, "opened", {}.get)
        await ask(pilot, app, "x", "greedy")
        await until(pilot, lambda: "unknown run 'alpha'" in status_line(app))
        assert generator.requests == []


async def test_the_late_end_of_the_previous_answer_does_not_end_the_next_one(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await asked(pilot, generator, 1)
        await pilot.press("enter")
        await asked(pilot, generator, 2)
        assert generator.num_cancelled == 1, "the previous request"
        generator.say(Ended(1, was_cancelled=True, elapsed_s=0.1))
        generator.say(Started(2, 40))
        await until(pilot, lambda: "esc stops" in status_line(app))
        await pilot.press("escape")
        await until(pilot, lambda: generator.num_cancelled == 2)


async def test_escape_cancels_or_goes_to_the_candidates_and_then_to_the_runs(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await asked(pilot, generator, 1)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: generator.num_cancelled)
        assert app.focused is table(app)
        generator.say(Ended(1, was_cancelled=True, elapsed_s=0.1))
        await until(pilot, lambda: "cancelled" in status_line(app))
        await ask(pilot, app, "x", "greedy")
        await asked(pilot, generator, 2)
        generator.answer(" and more")
        await until(pilot, lambda: "done" in status_line(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.focused, Candidate))
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is table(app))


async def test_decoders_are_chosen_from_the_list(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        home(app).pane.form.set_decoders(["beam:k=2"])
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, DecodersScreen))
        await pilot.press("down", "space", "enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        after_beam = next(name for name in registry.names("decoding") if name != "beam")
        await until(pilot, lambda: field(app, "decoders").value == f"beam:k=2 {after_beam}")


async def test_answers_of_another_run_are_marked_as_such(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await answered(pilot, app, generator, "yz")
        asked_run = generator.requests[0].run.rpartition("/")[2]
        await pilot.press("escape")
        table(app).choose({"alpha": "beta", "beta": "alpha"}[asked_run])
        await until(pilot, lambda: f"written by {asked_run}" in status_line(app))


async def test_keys_that_come_in_a_burst_go_to_where_the_focus_has_moved(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        for key in ("i", "s", "p", "tab", "end", "x", "escape", "full_stop"):
            character = key if len(key) == 1 else None
            app.post_message(events.Key(key, character))  # none waits for the one before
        await until(pilot, lambda: app.focused is table(app))
        await until(pilot, lambda: home(app).plots.children[0].id == "plot-grad-norm")
        assert prompt_field(app).text == "sp"
        assert field(app, "decoders").value.endswith("x")
        assert mailed(run) == []
