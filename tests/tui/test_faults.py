"""What is wrong with a run is said where it is looked at, in every size; and who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.queue import Queue
from rnnlab.tui.app import LabApp
from rnnlab.tui.widgets.runs_table import TROUBLE_MARK
from tests.tui.conftest import home, until

if TYPE_CHECKING:
    from tests.tui.conftest import Lab

LONG = (
    "its worker died (process 8193 on a-host-with-a-long-name), killed by the kernel for want of "
    "memory (its log names the process), it held 385 MiB; end other runs or use a smaller --batch "
    "or --hidden; `rnnlab resume a-run-with-quite-a-long-name` goes on"
)


def cells(app: LabApp, name: str) -> str:
    """Return what the table says of a run; nothing before it is listed."""
    table = home(app).table
    listed = [str(row.key.value) for row in table.ordered_rows]
    return " ".join(cell.plain for cell in table.get_row(name)) if name in listed else ""


def line(app: LabApp) -> str:
    return str(home(app).fault.render()) if home(app).fault.display else ""


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_a_long_reason_is_not_cut_and_the_charts_keep_room(
    lab: Lab, app: LabApp, size: tuple[int, int]
) -> None:
    lab.add("alpha", "failed", reason=LONG)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: line(app) == f"alpha failed: {LONG}")
        fault = home(app).fault
        assert fault.get_content_height(fault.size, fault.size, fault.size.width) <= (
            fault.content_size.height
        )
        assert home(app).plots.size.height >= 7


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


async def test_trouble_is_told_whatever_run_is_looked_at(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    lab.add("beta", "running")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: cells(app, "alpha"))
        home(app).table.choose("beta")
        lab.say(run, state="running", alarm="loss 99 nats; lower --lr")
        said = "alpha is in trouble: loss 99 nats; lower --lr"
        await until(pilot, lambda: said in [notice.message for notice in app._notifications])


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
