"""The visible screen's board alone is drawn; a hidden one catches up when its screen comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.protocol.messages import Answer, Ended, Progress, Started
from rnnlab.tui.screens.compare import CompareScreen
from rnnlab.tui.screens.prompt import PromptScreen
from tests.toys.app_lab import home, until

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from rnnlab.tui.prompting.board import CandidateBoard
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


def texts(board: CandidateBoard) -> list[str]:
    return [answer.text for answer in board.all_answers()]


def frame(ask: int, text: str, *, is_last: bool = False) -> Progress:
    tokens, logprobs = list(text), [-0.5] * len(text)
    answer = Answer(
        "greedy", ["greedy"], 1, "Once" + text, text, False, -1.0, -1.0, tokens, logprobs, "Once"
    )
    return Progress(ask, 0, [answer], is_last)


async def test_a_board_listens_only_while_its_screen_is_visible(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        board = home(app).pane.board
        app.state.session.fields.decoders = "greedy"
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen) and app.focused)
        page = app.screen
        assert isinstance(page, PromptScreen)
        await pilot.press(*"Once", "enter")
        await until(pilot, lambda: generator.requests)
        generator.say(Started(1, 40))
        generator.say(frame(1, " u"))
        await until(pilot, lambda: texts(page.pane.board) == ["Once u"])
        assert texts(board) == [], "a hidden board is not drawn"
        await pilot.press("f2")
        await until(pilot, lambda: texts(board) == ["Once u"])
        generator.say(frame(1, " upon", is_last=True))
        generator.say(Ended(1, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: texts(board) == ["Once upon"])
        await until(pilot, lambda: app.state.session.is_over)
        assert texts(page.pane.board) == ["Once u"], "nor is one that was shown before"
        await pilot.press("f1")
        await until(pilot, lambda: app.screen is not app.page)
        await pilot.press("escape")
        await pilot.press("f3")
        await until(pilot, lambda: texts(page.pane.board) == ["Once upon"])


async def test_the_texts_that_are_compared_wait_for_their_screen_too(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        app.state.session.fields.decoders = "greedy"
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.focused)
        page = app.screen
        assert isinstance(page, CompareScreen)
        await pilot.press(*"Once", "enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        await pilot.press("f2")
        await until(pilot, lambda: app.screen is home(app))
        for ask in (1, 2):
            generator.say(Started(ask, 40))
            generator.say(frame(ask, " u"))
            generator.say(frame(ask, f" upon {ask}", is_last=True))
            generator.say(Ended(ask, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: not page.is_task_running)
        assert texts(page.board) == []
        await pilot.press("f8")
        await until(pilot, lambda: texts(page.board) == ["Once upon 1", "Once upon 2"])


async def test_a_frame_is_drawn_at_once(lab: Lab, app: LabApp, generator: FakeGenerator) -> None:
    """The generator process alone limits the frame rate."""
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        app.state.session.fields.decoders = "greedy"
        home(app).form.load()
        await pilot.press("i", *"Once", "enter")
        await until(pilot, lambda: generator.requests)
        generator.say(Started(1, 40))
        board = home(app).pane.board
        await until(pilot, lambda: board.focused_candidate() is not None)
        for text in (" u", " up", " upo"):
            board.grow(0, frame(1, text).answers, is_last=False)
            assert texts(board) == ["Once" + text]
