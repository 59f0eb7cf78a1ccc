"""Text is data on every screen: what a model writes, a user types and a file is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events
from textual.widgets import Input

from rnnlab.config import RunConfig
from rnnlab.runs.journal import Journal
from rnnlab.runs.paths import replace_text
from rnnlab.runs.records import EventRecord, SampleRecord
from rnnlab.tui import asking_app
from rnnlab.tui.app import LabApp
from rnnlab.tui.appearance import harmless
from tests.toys import answering_generator as answering
from tests.toys.answering_generator import AnsweringGenerator
from tests.toys.app_lab import Lab, home, until
from tests.toys.fake_generator import FakeGenerator

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ESCAPES = "\x1b[41m\x1b]0;title\x07\x9b2J"
WORDS = "[b]x[/b] [/bold] 😀 漢字 é שלום"
HOSTILE = f"[applause]{ESCAPES}\x00\t\u202e 👩\u200d👧 {WORDS}"
"""Markup; a colour, a title and a cleared screen; NUL, a tab; a turn of direction; a family of
emoji, wide letters, one with a mark of its own, letters from right to left."""


@pytest.fixture
def hostile(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabApp:
    """A lab in which everything that can be called or written by somebody else is hostile."""
    monkeypatch.setattr(asking_app, "Generator", AnsweringGenerator)
    monkeypatch.setattr(answering, "_TEXTS", tuple(f"{n}{HOSTILE}" for n in "abc"))
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
    return LabApp(lab.store, data)


@given(st.text())
@example(HOSTILE)
def test_no_control_character_is_let_through(text: str) -> None:
    kept = harmless(text)
    assert not CONTROL.search(kept)
    assert "".join(c for c in text if c.isprintable() and c != " ") == "".join(
        c for c in kept if c.isprintable() and c != " "
    )


def lines(app: LabApp) -> list[str]:
    """Return what is sent to the terminal, line by line."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


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


def check(app: LabApp) -> str:
    """Check that nothing shown is obeyed and that no line is longer than the screen; return it."""
    shown = lines(app)
    for text in shown:
        assert not CONTROL.search(text), repr(text)
        assert cell_len(text) == app.screen.size.width, repr(text)
    return "\n".join(shown)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
@pytest.mark.parametrize("name", VISITS)
async def test_foreign_text_is_shown_and_never_obeyed(
    hostile: LabApp, name: str, size: tuple[int, int]
) -> None:
    visit = VISITS[name]
    async with hostile.run_test(size=size) as pilot:
        await until(pilot, lambda: home(hostile).table.row_count)
        check(hostile)
        if visit.key != "f2":
            await pilot.press(visit.key)
            await until(pilot, lambda: hostile.page.entry_name == name)
        if visit.field:
            field = hostile.page.query_one(f"#{visit.field}", Input)
            field.focus()
            hostile.post_message(events.Paste(HOSTILE))
            await until(pilot, lambda: "applause" in field.value)
            check(hostile)
            await pilot.press("enter")
            await until(pilot, lambda: FakeGenerator.latest_made.questions)
        await until(pilot, lambda: visit.shows in "".join(lines(hostile)))
        check(hostile)
