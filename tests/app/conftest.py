"""Runs on disk without workers, and a generator that says what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.notifications import Notify

from rnnlab.preferences import Preferences
from rnnlab.runs.store import RunStore
from rnnlab.tui import asking_app
from rnnlab.tui.app import LabApp
from tests.toys.app_lab import Clock, Lab, OpenLab
from tests.toys.fake_generator import FakeGenerator


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


@pytest.fixture
def open_lab(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> OpenLab:
    """Return a maker of apps that have a fake generator."""
    monkeypatch.setattr(asking_app, "Generator", FakeGenerator)

    def make(store: RunStore | None = None, **options: Any) -> LabApp:
        return LabApp(store or lab.store, **options)

    return make


@pytest.fixture
def app(open_lab: OpenLab) -> LabApp:
    """An app over the lab's runs, with a fake generator."""
    return open_lab()


@pytest.fixture
def generator(app: LabApp) -> FakeGenerator:
    return FakeGenerator.latest_made


@pytest.fixture(autouse=True)
def no_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the form from measuring by itself: it would start a process that loads torch."""
    from rnnlab.tui.screens import new_run

    monkeypatch.setattr(new_run, "_ESTIMATE_AFTER_S", 3600.0)


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

    from rnnlab.tui import feed as feed_module
    from rnnlab.tui.machine import Machine
    from rnnlab.tui.screens import corpora, system
    from tests.toys import fixed_lab as fixed
    from tests.toys.answering_generator import AnsweringGenerator

    for name in ("NO_COLOR", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    monkeypatch.chdir(tmp_path)  # what is shown of paths is relative to it
    monkeypatch.setattr(asking_app, "Generator", AnsweringGenerator)
    monkeypatch.setattr(feed_module, "Feed", fixed.CountedFeed)
    monkeypatch.setattr(Machine, "read", lambda _self, _processes: fixed.MACHINE)
    monkeypatch.setattr(system, "_generators", list)
    monkeypatch.setattr(corpora, "_describe", lambda _data: list(fixed.CORPORA))
    monkeypatch.setattr(corpora, "_look", fixed.look)
    monkeypatch.setattr(Input, "cursor_blink", False)
    store = RunStore(Path("checkpoints"))
    fixed.fill(Lab(store))

    def make(preferences: Preferences) -> LabApp:
        return LabApp(store, Path("data"), preferences=preferences, clock=clock)

    return make


@pytest.fixture
def opened(open_fixed: Callable[[Preferences], LabApp]) -> LabApp:
    """A lab in which nothing is left to chance, in the dark theme."""
    return open_fixed(Preferences(theme="dark", glyphs="braille", colors="truecolor"))
