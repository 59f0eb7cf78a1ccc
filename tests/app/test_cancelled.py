"""A cancelled request: given up at once, without empty candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.pilot import Pilot
from textual.widgets import TextArea

from rnnlab.protocol.messages import Answer, Ended, Progress, Started
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.screens.beams import BeamsScreen
from rnnlab.tui.screens.compare import CompareScreen
from tests.toys.app_lab import opened, text_of, until
from tests.toys.prompting import bodies, field, open_prompt, prompt_field, status

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


def written(text: str) -> Answer:
    logprobs = [-1.0] * len(text)
    return Answer("greedy", ["greedy"], 1, text, text, False, -1.0, -1.0, list(text), logprobs)


async def send(pilot: Pilot[None], app: LabApp, generator: FakeGenerator) -> None:
    await open_prompt(pilot, app)
    field(app, "decoders").value = "greedy beam:k=3"
    prompt_field(app).text = "Once"
    num = len(generator.requests)
    await pilot.press("enter")
    await until(pilot, lambda: len(generator.requests) > num)


async def send_until_shown(pilot: Pilot[None], app: LabApp, generator: FakeGenerator) -> None:
    """Ask, and have the generator begin with the empty candidates of both decoders."""
    await send(pilot, app, generator)
    generator.say(Started(1, 40))
    await until(pilot, lambda: len(app.screen.query(Candidate)) == 4)


async def test_escape_gives_a_request_up_at_once_while_the_model_is_loaded(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await send(pilot, app, generator)
        await until(pilot, lambda: status(app) == "loading the model… (esc stops)")
        await pilot.press("escape")
        await until(pilot, lambda: status(app) == "cancelled; press enter to ask again")
        assert generator.num_cancelled == 1
        assert isinstance(app.focused, TextArea)
        # The process replies when it has loaded the model: nothing begins.
        generator.say(Started(1, 40))
        generator.say(Progress(1, 0, [written("late")], is_last=True))
        generator.say(Ended(1, was_cancelled=True, elapsed_s=89.7))
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        assert not app.screen.query(Candidate)
        generator.answer(" upon")
        await until(pilot, lambda: "done in 0.1s" in status(app))
        assert bodies(app)[0] == "Once upon"


async def test_a_cancelled_request_leaves_no_empty_candidate(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await send_until_shown(pilot, app, generator)
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Candidate))
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, BeamsScreen))
        cancelled = "cancelled; press enter to ask again"
        await until(pilot, lambda: text_of(app, "#beam-status") == cancelled)
        await until(pilot, lambda: not app.screen.query(Candidate))


async def test_a_cancelled_request_leaves_the_candidates_that_have_begun(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await send_until_shown(pilot, app, generator)
        generator.say(Progress(1, 0, [written("Once")], is_last=False))
        await until(pilot, lambda: bodies(app)[0])
        await pilot.press("escape")
        await until(pilot, lambda: status(app).startswith("cancelled at "))
        await until(pilot, lambda: bodies(app) == ["Once"])
        generator.say(Progress(1, 0, [written("Once upon")], is_last=True))
        generator.say(Ended(1, was_cancelled=True, elapsed_s=0.4))
        await until(pilot, lambda: status(app).startswith("cancelled in 0.4s at "))
        assert bodies(app) == ["Once upon"]
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, BeamsScreen))
        await until(pilot, lambda: text_of(app, "#beam-status").startswith("cancelled, "))
        app.screen.query(Candidate).first().focus()
        await pilot.press("D")
        await until(pilot, lambda: "(2 of 2, D next)" in text_of(app, "#beam-status"))
        await until(pilot, lambda: not app.screen.query(Candidate))


async def test_compare_names_cancelled_questions(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, app, "f8", CompareScreen)
        field(app, "decoders").value = "greedy"
        await pilot.press(*"Once", "enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        generator.say(Started(1, 40))
        generator.say(Progress(1, 0, [written("Once upon")], is_last=True))
        generator.say(Ended(1, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: "1 of 2 runs have answered" in text_of(app, "#compare-status"))
        await pilot.press("escape")
        await until(pilot, lambda: "the others were cancelled" in text_of(app, "#compare-status"))
        await until(pilot, lambda: len(screen.query(Candidate)) == 1)
        generator.say(Started(2, 40))
        generator.say(Ended(2, was_cancelled=True, elapsed_s=0.4))
        await pilot.pause()
        assert len(screen.query(Candidate)) == 1
