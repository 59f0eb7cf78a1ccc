"""The timeline: samples along the loss curve."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.runs.journal import Journal, JournalChunk, JournalTail
from rnnlab.runs.records import SampleRecord
from rnnlab.runs.run import Run
from rnnlab.tui.app import LabApp
from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.screens.prompt import PromptScreen
from rnnlab.tui.screens.timeline import TimelineScreen
from rnnlab.tui.timeline.sample import TimelineSample
from tests.toys.app_lab import home, until
from tests.toys.picture import picture

if TYPE_CHECKING:
    import pytest

    from tests.toys.app_lab import Lab


def add_samples(run: Run, *steps: int) -> None:
    with Journal(run.paths.samples) as journal:
        for step in steps:
            for decoder in ("greedy", "sample"):
                text = f"[/bold] \x1b[31m at {step}"
                journal.append(
                    SampleRecord(step, step / 10, step, 0, "Once\n", decoder, text, -3.0, 12)
                )


class Wheel(events.MouseScrollUp):
    """Notes whether a widget keeps it from those above."""

    is_stopped = False

    def stop(self, stop: bool = True) -> Self:
        self.is_stopped = stop
        super().stop(stop)
        return self


async def open_timeline(pilot: Pilot[None], app: LabApp) -> TimelineScreen:
    await until(pilot, lambda: home(app).table.row_count)
    await pilot.press("f6")
    await until(pilot, lambda: isinstance(app.screen, TimelineScreen) and app.focused)
    assert isinstance(app.screen, TimelineScreen)
    return app.screen


def where(screen: TimelineScreen) -> str:
    return str(screen.query_one("#timeline-status", Static).render())


def why_empty(screen: TimelineScreen) -> str:
    return str(screen.query_one("#no-samples", Static).render())


def texts(screen: TimelineScreen) -> list[str]:
    return [str(sample.query(Static).last().render()) for sample in screen.query(TimelineSample)]


async def test_the_cursor_moves_along_the_curve_and_shows_the_samples_of_its_step(
    lab: Lab, app: LabApp
) -> None:
    add_samples(lab.add("alpha"), 0, 10, 20, 40)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_timeline(pilot, app)
        await until(pilot, lambda: len(texts(screen)) == 2 and "at 40" in texts(screen)[0])
        assert texts(screen)[0] == "Once⏎\n[/bold] ␛[31m at 40"
        newest = "step 40, epoch 4.00, train 2.0000, val 2.5000  4/4 newest"
        await until(pilot, lambda: newest in where(screen))  # once the journal is read
        await pilot.press("left", "left")
        await until(pilot, lambda: "at 10" in texts(screen)[1])
        chart = screen.query_one("#plot-loss", ChartPane)
        wheel = Wheel(chart, 60, 5, 0, -1, 0, False, False, False)
        chart.on_mouse_scroll_up(wheel)
        assert wheel.is_stopped, "the wheel zooms as in the lab"
        await until(pilot, lambda: screen.plots.viewport.window.mode != "all")
        await pilot.press("a")
        await until(pilot, lambda: screen.plots.viewport.window.mode == "all")
        await pilot.click(chart, offset=(chart.size.width // 2 + 4, 5))
        await until(pilot, lambda: "at 20" in texts(screen)[1])
        await pilot.press("left")
        await until(pilot, lambda: "at 10" in texts(screen)[1])
        assert "step 10, epoch 1.00, train 3.5000, val –  2/4 frozen" in where(screen)  # noqa: RUF001
        await until(pilot, lambda: "at step 10" in chart.text)
        await pilot.press("home")
        await until(pilot, lambda: "at 0" in texts(screen)[0])
        await pilot.press("L")
        await until(pilot, lambda: "at 40" in texts(screen)[0])
        await pilot.press("left", "end")
        await until(pilot, lambda: "newest" in where(screen))


async def test_new_samples_are_followed_at_the_end_and_not_elsewhere(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    add_samples(run, 0, 10)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_timeline(pilot, app)
        await until(pilot, lambda: "2/2 live" in where(screen))
        add_samples(run, 20)
        await until(pilot, lambda: "3/3 live" in where(screen) and "at 20" in texts(screen)[0])
        await pilot.press("left")
        await until(pilot, lambda: "2/3 frozen" in where(screen))
        add_samples(run, 30)
        await until(pilot, lambda: "2/4 frozen" in where(screen))
        assert "at 10" in texts(screen)[0]


async def test_enter_prompts_the_checkpoint_of_the_step_or_the_nearest(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []  # what is shown goes away after some seconds
    monkeypatch.setattr(LabApp, "on_notify", lambda _self, e: said.append(e.notification.message))
    lab.add("beta")
    run = lab.add("alpha")
    add_samples(run, 0, 10, 40)
    for step in (10, 40):
        run.paths.weights(step).touch()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_timeline(pilot, app)
        await until(pilot, lambda: screen.rounds)
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        assert app.screen.query_one("#checkpoint", Input).value == "10"
        assert app.screen.query_one("#prompt", TextArea).text == "Once\n"
        await until(pilot, lambda: any("no checkpoint of step 0" in one for one in said))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.state.chosen_name == "beta")
        assert app.screen.query_one("#checkpoint", Input).value == "live"
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.screen.query_one("#checkpoint", Input).value == "10")


async def test_a_sample_is_copied(lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch) -> None:
    add_samples(lab.add("alpha"), 10)
    copied: list[str] = []
    monkeypatch.setattr(LabApp, "copy_to_clipboard", lambda _self, text: copied.append(text))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_timeline(pilot, app)
        await until(pilot, lambda: len(texts(screen)) == 2)
        await pilot.press("c")
        await until(pilot, lambda: copied == ["Once\n[/bold] \x1b[31m at 10"])


async def test_without_samples_it_says_why_and_another_run_is_a_key_away(
    lab: Lab, app: LabApp
) -> None:
    add_samples(lab.add("alpha"), 10)
    lab.add("classes", task="classify")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_timeline(pilot, app)
        app.state.chosen_name = "classes"
        await until(pilot, lambda: "A classifier does not write text" in why_empty(screen))
        await pilot.press("enter", "right", "c")
        assert app.screen is screen
        await pilot.press("ctrl+n")
        await until(pilot, lambda: where(screen).startswith("alpha") and len(texts(screen)) == 2)
        await pilot.press("ctrl+pageup")
        await until(pilot, lambda: where(screen).startswith("classes") and not texts(screen))


async def test_samples_are_shown_after_an_interrupted_update(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_samples(lab.add("alpha"), 10)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_timeline(pilot, app)
        await until(pilot, lambda: len(texts(screen)) == 2)
        box = screen.query_one("#samples")
        remove, is_removed = box.remove_children, asyncio.Event()

        async def remove_and_hang() -> None:
            await remove()
            is_removed.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(box, "remove_children", remove_and_hang)
        screen.show_samples(None)
        await is_removed.wait()
        monkeypatch.setattr(box, "remove_children", remove)
        await screen.show_samples(screen.shown).wait()
        assert len(texts(screen)) == 2


async def test_without_samples_all_of_the_reason_and_what_to_do_can_be_read(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_timeline(pilot, app)
        await until(pilot, lambda: "no samples" in where(screen))
        shown = picture(app)
        for words in ("sample_length", "Press F3 to prompt", "^n for another run"):
            assert words in " ".join(shown.split())


async def test_samples_are_read_in_a_thread_so_that_a_slow_disk_keeps_no_key_waiting(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_samples(lab.add("alpha"), 0)
    threads: list[threading.Thread] = []
    read = JournalTail.read

    def noting(tail: JournalTail, max_bytes: int | None = None) -> JournalChunk:
        threads.append(threading.current_thread())
        return read(tail, max_bytes)

    monkeypatch.setattr(JournalTail, "read", noting)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_timeline(pilot, app)
        await until(pilot, lambda: len(texts(screen)) == 2)
    assert threads
    assert threading.main_thread() not in threads
