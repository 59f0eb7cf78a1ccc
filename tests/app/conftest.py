"""Runs on disk without workers, and a generator whose replies the test sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.notifications import Notify
from textual.widgets import Input, TextArea

from rnnlab.base.preferences import Preferences
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.outside import Outside
from tests.toys import fixed_lab
from tests.toys.app_lab import WORLD, Clock, Lab, OpenLab
from tests.toys.fake_generator import FakeGenerator

USUAL = Preferences(glyphs="braille")
"""Default preferences, without "auto", which depends on the encoding of pytest's output."""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


@pytest.fixture
def open_lab(lab: Lab) -> OpenLab:
    """Return a factory of apps without processes, by default with the lab's runs."""

    def make(store: RunStore | None = None, **options: Any) -> LabApp:
        return LabApp(store or lab.store, **{"preferences": USUAL, "outside": WORLD, **options})

    return make


@pytest.fixture
def app(open_lab: OpenLab) -> LabApp:
    """An app with the lab's runs, without processes."""
    return open_lab()


@pytest.fixture
def generator(app: LabApp) -> FakeGenerator:
    return FakeGenerator.latest_made


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of toasts, which grows."""
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
) -> fixed_lab.OpenFixed:
    """Return a factory of deterministic labs; see `fixed_lab.py`."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    monkeypatch.chdir(tmp_path)  # paths on the screen are relative to it
    monkeypatch.setattr(Input, "cursor_blink", False)
    monkeypatch.setattr(TextArea, "cursor_blink", False)
    store = RunStore(Path("checkpoints"))
    fixed_lab.fill(Lab(store))

    def make(
        preferences: Preferences = fixed_lab.PREFERENCES, outside: Outside = fixed_lab.WORLD
    ) -> LabApp:
        return LabApp(store, Path("data"), preferences=preferences, clock=clock, outside=outside)

    return make


@pytest.fixture
def opened(open_fixed: fixed_lab.OpenFixed) -> LabApp:
    """A deterministic lab in the dark theme."""
    return open_fixed()
