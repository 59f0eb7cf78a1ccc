"""Runs on disk without workers, and a generator that says what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.notifications import Notify

from rnnlab.preferences import Preferences
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from tests.toys.app_lab import WORLD, Clock, Lab
from tests.toys.fake_generator import FakeGenerator


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


@pytest.fixture
def app(lab: Lab) -> LabApp:
    """An app over the lab's runs, with a fake generator."""
    return LabApp(lab.store, outside=WORLD)


@pytest.fixture
def generator(app: LabApp) -> FakeGenerator:
    return FakeGenerator.latest_made


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the lab says in passing, as it comes."""
    heard: list[str] = []

    def hear(_app: LabApp, event: Notify) -> None:
        heard.append(event.notification.message)

    monkeypatch.setattr(LabApp, "on_notify", hear)
    return heard


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> Callable[[Preferences], LabApp]:
    """Return a maker of labs in which nothing is left to chance; see `fixed.py`."""
    from textual.widgets import Input

    from tests.toys import fixed_lab as fixed

    for name in ("NO_COLOR", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    monkeypatch.chdir(tmp_path)  # what is shown of paths is relative to it
    monkeypatch.setattr(Input, "cursor_blink", False)
    store = RunStore(Path("checkpoints"))
    fixed.fill(Lab(store))

    def make(preferences: Preferences) -> LabApp:
        return LabApp(
            store, Path("data"), preferences=preferences, clock=clock, outside=fixed.WORLD
        )

    return make


@pytest.fixture
def opened(open_fixed: Callable[[Preferences], LabApp]) -> LabApp:
    """A lab in which nothing is left to chance, in the dark theme."""
    return open_fixed(Preferences(theme="dark", glyphs="braille", colors="truecolor"))
