"""The token view with decoders and weights: written branches, filters, stale figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

from rnnlab.protocol.messages import (
    Answer,
    Ended,
    Failed,
    Generate,
    Progress,
    Started,
)
from rnnlab.runs.run import Run
from rnnlab.tui.app import LabApp
from rnnlab.tui.screens.tokens import TokensScreen
from rnnlab.tui.state.prompt_session import ChosenAnswer
from tests.toys.app_lab import home, until
from tests.toys.reading_tokens import (
    ROW,
    answer,
    open_screen,
    read,
    status_of,
    text_of,
    tokens_of,
)

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


async def test_a_node_is_passed_to_several_decoders_whose_texts_come_back_as_branches(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (160, 40)) as (pilot, screen):
        await read(pilot, screen, generator, "ab[")
        await pilot.press("left", "B")
        await until(pilot, lambda: type(app.screen).__name__ == "DecodersScreen")
        app.screen.query_one("#specs", Input).value = "greedy nucleus:p=0.9"
        app.screen.query_one("#specs").focus()
        await pilot.press("enter")
        await until(pilot, lambda: generator.requests)
        request = generator.requests[0]
        assert (request.prompt, request.num) == ("ab", 1), "the text before the cursor"
        assert request.decoders == ["greedy", "nucleus:p=0.9"]
        generator.say(Started(request.ask, 40))
        generator.say(Progress(request.ask, 0, [answer("greedy", "xy")], is_last=True))
        generator.say(Progress(request.ask, 1, [answer("nucleus:p=0.9", "xz")], is_last=True))
        generator.say(Ended(request.ask, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: text_of(screen) == "abxy")
        generator.look(*[ROW] * 4)  # the other filters were asked for when the text was "ab["
        assert len(screen.editor.leaves()) == 3
        await until(pilot, lambda: "[nucleus:p=0.9]" in screen.tree_pane.plain)
        assert "[greedy]" in screen.tree_pane.plain
        texts = []
        for _ in range(3):
            await pilot.press("full_stop")
            texts.append(text_of(screen))
        assert sorted(texts) == ["ab[", "abxy", "abxz"]
        await pilot.press("u", "u", "u", "u")
        assert (text_of(screen), len(screen.editor.leaves())) == ("ab[", 1)


async def test_the_decoder_continues_the_end_of_the_text(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (120, 40)) as (pilot, screen):
        await read(pilot, screen, generator, "ab")
        await pilot.press("X")
        await until(pilot, lambda: generator.requests)
        request = generator.requests[0]
        assert isinstance(request, Generate)
        assert (request.prompt, request.decoders, request.num) == ("ab", ["greedy"], 1)
        generator.answer("[x")
        await until(pilot, lambda: text_of(screen) == "ab[x")
        await pilot.press("b")
        await until(pilot, lambda: "ab[x" in screen.text.plain)
        assert app.focused is screen.text


async def test_a_candidate_is_opened_with_the_weights_that_wrote_it(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        written = Answer(
            "beam:k=2", ["beam"], 2, "Oncea[", "a[", False, -1.0, -1.0, ["a", "["], [-0.5, -0.5],
            "Once",
        )  # fmt: skip
        app.state.session.subject = ChosenAnswer("alpha", 30, written)
        screen = await open_screen(pilot, app)
        await until(pilot, lambda: generator.looks)
        look = generator.looks[0]
        assert (look.prompt, look.tokens) == ("Once", ["a", "["])
        assert (look.checkpoint, look.decoder) == ("30", "beam:k=2")
        generator.look(*[ROW] * 7, step=30)
        await until(pilot, lambda: screen.editor.now.place == 4)
        assert screen.editor.now.chosen == "a"


async def test_distributions_of_older_weights_are_dimmed_until_they_are_read_again(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run: Run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_screen(pilot, app)
        await read(pilot, screen, generator, "ab")
        assert not screen.distribution.has_class("-stale")
        lab.say(run, state="running", step=90, created=1.0)
        await until(pilot, lambda: screen.distribution.has_class("-stale"))
        assert "step 40; the run is at 90" in str(screen.distribution.border_subtitle)
        assert screen.tree_pane.has_class("-stale")
        await pilot.press("R")
        await until(pilot, lambda: len(generator.looks) == 2)
        assert generator.looks[1].checkpoint == "live", "not the pinned step"
        generator.look(ROW, ROW, ROW, step=90)
        await until(pilot, lambda: not screen.distribution.has_class("-stale"))


async def test_the_filters_of_each_decoder_can_be_compared(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (120, 40)) as (pilot, screen):
        await pilot.press("a", "enter")
        await until(pilot, lambda: generator.looks)
        assert generator.looks[0].decoder == "nucleus:p=0.9", "the first one with filters"
        generator.look(ROW, ROW)
        await until(pilot, lambda: text_of(screen) == "a")
        assert "nucleus:p=0.9 (2 of 3, D next)" in str(screen.distribution.border_title)
        await pilot.press("escape", "D")
        await until(pilot, lambda: len(generator.looks) == 2)
        assert generator.looks[1].decoder == "beam:k=5"


async def test_an_invalid_decoder_is_an_error_in_the_status_line(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (120, 40)) as (pilot, screen):
        screen.query_one("#own-filters", Input).value = "greedi"
        await pilot.press("a", "enter")
        await until(pilot, lambda: "greedi" in status_of(screen))
        assert generator.questions == []


async def test_a_run_without_a_checkpoint_is_asked_for_its_last_one_once(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        await pilot.press("a", "enter")
        for num in (1, 2):
            await until(pilot, lambda num=num: len(generator.looks) == num)  # type: ignore[misc]
            ask = generator.looks[-1].ask
            generator.say(Failed(ask, "no checkpoint yet", is_checkpoint_missing=True))
        await until(pilot, lambda: status_of(screen) == "no checkpoint yet")
        assert [q.checkpoint for q in generator.looks] == ["live", "last"]


async def test_the_first_weights_are_waited_for_and_escape_ends_the_wait(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha", "starting")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_screen(pilot, app)
        await pilot.press("a", "enter")
        await until(pilot, lambda: generator.looks)
        assert "waiting for the first weights of alpha" in status_of(screen)
        await pilot.press("escape")
        await until(pilot, lambda: generator.num_cancelled)
        generator.say(Ended(generator.latest, was_cancelled=True, elapsed_s=0.1))
        await until(pilot, lambda: "cancelled" in status_of(screen))
        assert isinstance(app.screen, TokensScreen)
