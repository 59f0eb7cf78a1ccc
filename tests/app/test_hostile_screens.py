"""Text is data on every screen: what a model writes, a user types and a file is called."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea

from rnnlab.base.files import replace_text
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import EventRecord, SampleRecord
from rnnlab.settings.run_config import RunConfig
from rnnlab.tui.app import LabApp
from tests.toys.answering_generator import AnsweringGenerator
from tests.toys.app_lab import WORLD, Lab, home, until
from tests.toys.fake_generator import FakeGenerator
from tests.toys.fixed_lab import PREFERENCES
from tests.toys.painted_at_rest import shows
from tests.toys.picture import lines

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ESCAPES = "\x1b[41m\x1b]0;title\x07\x9b2J"
WORDS = "[b]x[/b] [/bold] 😀 漢字 é שלום"
HOSTILE = f"[applause]{ESCAPES}\x00\t\u202e 👩\u200d👧 {WORDS}"
"""Markup; a colour, a title and a cleared screen; NUL, a tab; a turn of direction; a family of
emoji, wide letters, one with a mark of its own, letters from right to left."""


@pytest.fixture
def hostile(lab: Lab, tmp_path: Path) -> LabApp:
    """A lab in which everything that can be called or written by somebody else is hostile."""
    for name in ("alpha", "beta"):
        run = lab.add(name, "failed", reason=HOSTILE, device=HOSTILE, recent_losses=[2.0, 1.0])
        settings = RunConfig.from_values({"corpus": f"/x/{HOSTILE.replace('/', '|')}{name}.txt"})
        replace_text(run.paths.config, settings.to_toml())
        with Journal(run.paths.journal) as journal:
            journal.append(EventRecord(40, HOSTILE, HOSTILE))
        with Journal(run.paths.samples) as journal:
            journal.append(SampleRecord(40, 1.0, 9.0, 0, HOSTILE, HOSTILE, HOSTILE, -3.0, 12))
    data = tmp_path / f"data {HOSTILE.replace('/', '|')}".replace("\x00", "")
    data.mkdir()
    name = HOSTILE.replace("/", "|").replace("\x00", "")
    (data / f"{name}.txt").write_text(f"{HOSTILE}\n" * 50, encoding="utf-8")
    texts = tuple(f"{n}{HOSTILE}" for n in "abc")
    outside = replace(WORLD, make_generator=partial(AnsweringGenerator, texts=texts))
    return LabApp(lab.store, data, preferences=PREFERENCES, outside=outside)


@dataclass(frozen=True)
class Visit:
    """How a screen is made to show foreign text."""

    key: str
    field: str = ""
    """Where it is pasted, if anywhere."""
    shows: str = "[applause]"


VISITS = {
    "lab": Visit("f2", "prompt"),
    "prompt": Visit("f3", "prompt"),
    "beams": Visit("f4", "prompt"),
    "tokens": Visit("f5", "own-text"),
    "timeline": Visit("f6"),
    "inspect": Visit("f7", shows="The gradient fades"),
    "compare": Visit("f8", "prompt"),
    "corpora": Visit("f11"),
}
SIZES = ((80, 24), (160, 30))
"""The layouts that differ most: narrow and low, wide and high."""


def check(app: LabApp) -> None:
    """Check that no control character is shown and that no line is longer than the screen."""
    for text in lines(app):
        assert not CONTROL.search(text), (app.page.entry_name, text)
        assert cell_len(text) == app.screen.size.width, (app.page.entry_name, text)


def written(field: Widget) -> str:
    """Return the text of a field."""
    if isinstance(field, TextArea):
        return field.text
    assert isinstance(field, Input)
    return field.value


@pytest.mark.timeout(400)  # eight screens, each painted at two sizes
async def test_foreign_text_is_shown_and_never_obeyed(hostile: LabApp) -> None:
    generator = FakeGenerator.latest_made
    async with hostile.run_test(size=SIZES[0]) as pilot:
        await until(pilot, lambda: home(hostile).table.row_count)
        check(hostile)
        sizes = SIZES
        for name, visit in VISITS.items():
            await pilot.press(visit.key)
            await until(pilot, lambda name=name: hostile.page.entry_name == name)  # type: ignore[misc]
            if visit.field:
                field = hostile.page.query_one(f"#{visit.field}")
                field.focus()
                await pilot.press("ctrl+u")
                num_asked = len(generator.questions)
                hostile.post_message(events.Paste(HOSTILE))
                await until(pilot, lambda field=field: "applause" in written(field))  # type: ignore[misc]
                check(hostile)
                await pilot.press("enter")
                await until(pilot, lambda num=num_asked: len(generator.questions) > num)  # type: ignore[misc]
            await until(pilot, shows(hostile, visit.shows))
            check(hostile)
            sizes = sizes[::-1]  # the next screen comes in the other size
            await pilot.resize_terminal(*sizes[0])
            await pilot.pause()
            check(hostile)
