"""The error banner at every size, and what waits for what."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.widgets import Static

from rnnlab.base.preferences import Preferences
from rnnlab.runs.queue import Queue
from rnnlab.tui.app import LabApp
from rnnlab.tui.runs.row import TROUBLE_MARK
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.shell.screen_registry import entry
from rnnlab.tui.shell.status_line import StatusLine
from tests.toys.app_lab import home, painted, until
from tests.toys.picture import strips

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab, OpenLab

LONG = (
    "its worker died (process 8193 on a-host-with-a-long-name), killed by the kernel for want of "
    "memory (its log names the process), it held 385 MiB; end other runs or use a smaller --batch "
    "or --hidden; `rnnlab resume a-run-with-quite-a-long-name` continues the run"
)


def cells(app: LabApp, name: str) -> str:
    """Return the cells of a run; empty before it is listed."""
    table = home(app).table
    listed = [str(row.key.value) for row in table.ordered_rows]
    return " ".join(cell.plain for cell in table.get_row(name)) if name in listed else ""


def line(app: LabApp) -> str:
    return str(home(app).banner.render()) if home(app).banner.display else ""


async def test_a_long_reason_is_not_cut_and_the_charts_keep_room_in_every_size(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha", "failed", reason=LONG)
    sizes = ((80, 24), (120, 40), (200, 50))
    async with app.run_test(size=sizes[0]) as pilot:
        await until(pilot, lambda: line(app) == f"alpha failed: {LONG}")
        fault = home(app).banner
        for size in sizes:
            if size != sizes[0]:
                await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: tuple(home(app).size) == size)  # type: ignore[misc]
            assert fault.get_content_height(fault.size, fault.size, fault.size.width) <= (
                fault.content_size.height
            ), size
            assert home(app).plots.size.height >= 7, size


async def test_the_reason_goes_when_another_run_is_chosen_and_when_it_is_well(
    lab: Lab, app: LabApp
) -> None:
    run = lab.add("alpha", "running", alarm="loss [99] nats; lower --lr")
    lab.add("beta")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: line(app) == "alpha in trouble: loss [99] nats; lower --lr")
        assert TROUBLE_MARK[0] in cells(app, "alpha")
        await pilot.press("down")
        await until(pilot, lambda: line(app) == "")
        await pilot.press("up")
        await until(pilot, lambda: line(app) != "")
        lab.say(run, state="running")
        await until(pilot, lambda: line(app) == "")
        assert "●" in cells(app, "alpha")


async def test_an_alarm_is_a_toast_on_any_screen(lab: Lab, app: LabApp, said: list[str]) -> None:
    run = lab.add("alpha", "running")
    lab.add("beta", "running")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: cells(app, "alpha"))
        home(app).table.choose("beta")
        lab.say(run, state="running", alarm="loss 99 nats; lower --lr")
        toast = "alpha is in trouble: loss 99 nats; lower --lr"
        await until(pilot, lambda: toast in said)


async def test_an_old_alarm_of_a_run_that_has_ended_is_none(lab: Lab, app: LabApp) -> None:
    lab.add("alpha", "stopped", alarm="loss 99 nats")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "■" in cells(app, "alpha"))
        assert line(app) == ""


async def test_the_place_in_the_queue_is_seen_in_the_narrowest_table(lab: Lab, app: LabApp) -> None:
    queue = Queue(lab.store.root)
    for name in ("first", "second"):
        lab.add(name, "queued", train_loss=2.0)
        queue.join(name, "cpu")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "no. 2" in cells(app, "second"))
        assert "no. 1" in cells(app, "first")
        queue.move("second", -1)
        await until(pilot, lambda: "no. 1" in cells(app, "second"))
        assert [str(row.key.value) for row in home(app).table.ordered_rows] == ["second", "first"]


async def test_an_error_of_a_prompt_has_as_many_lines_as_it_needs(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        for name in ("lab", "prompt", "beams", "compare", "tokens"):
            await pilot.press(*entry(name).opening_keys)
            await until(pilot, lambda name=name: app.page.entry_name == name)  # type: ignore[misc]
            line = app.page.query(StatusLine).first()
            await until(pilot, lambda line=line: line.size.height)  # type: ignore[misc]
            before = line.size.height
            app.page.fail("its generator ended " + "for some reason " * 9 + "at last")
            await until(pilot, lambda line=line: line.size.height == 3)  # type: ignore[misc]
            assert "at last" in painted(app, str(line.id)), name
            line.show_text("all is well")
            await until(
                pilot,
                lambda line=line, before=before: line.size.height == before,  # type: ignore[misc]
            )


async def test_the_question_of_quitting_stands_above_its_answers_however_many_train(
    lab: Lab, app: LabApp
) -> None:
    for number in range(30):
        lab.add(f"a-run-with-quite-a-long-name-{number}", "running", steps=1)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 30)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen) and app.focused)
        question = str(app.screen.query(Static).first().render())
        assert question.endswith("and 25 more: training continues after the lab closes.")
        for answer in ("Leave running", "Save and stop", "Cancel"):
            assert answer in screen_text(app)


async def test_the_runs_are_read_again_and_again_though_nobody_asks(
    lab: Lab, open_lab: OpenLab
) -> None:
    run = lab.add("alpha", "running")
    app = open_lab(preferences=Preferences(refresh_s=0.1))
    async with app.run_test(size=(80, 24)):
        async with asyncio.timeout(40):
            while "alpha" not in app.state.summaries:
                await asyncio.sleep(0.01)
            lab.say(run, state="paused", step=41)
            while app.state.summaries["alpha"].step != 41:
                await asyncio.sleep(0.01)
        assert app.state.summaries["alpha"].state == "paused"


def screen_text(app: LabApp) -> str:
    text = " ".join(strip.text for strip in strips(app))
    return " ".join(text.split())
