"""No key waits for the disk of the runs: threads read it, and keys use what was read.

On a slow or hung network disk, a read of a file in the event loop would keep a key waiting.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rnnlab.tui.shell.screen_registry import entry
from tests.toys.app_lab import home, until

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab

EVENTS = frozenset({"open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove"})
"""Audit events of the interpreter whose first argument is a path."""
STATS = ("stat", "lstat", "readlink")
"""Functions of `os` that have no audit event."""


class DiskWatch:
    """Records which files below a folder the main thread touches; nothing without a folder."""

    def __init__(self) -> None:
        self.folder = ""
        self.touched: list[str] = []
        sys.addaudithook(self._hear)  # stays for the whole process

    def note(self, what: str, path: object) -> None:
        """Record an access, if it is below the folder and in the main thread."""
        if not self.folder or threading.current_thread() is not threading.main_thread():
            return
        if isinstance(path, str | Path) and os.path.join(os.getcwd(), path).startswith(self.folder):
            self.touched.append(f"{what} {path}")

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS and arguments:
            self.note(event, arguments[0])

    def noting(self, name: str) -> Callable[..., Any]:
        """Return a function of `os` that records its calls."""
        real = getattr(os, name)

        def call(path: object, *arguments: Any, **options: Any) -> Any:
            self.note(name, path)
            return real(path, *arguments, **options)

        return call


_WATCH = DiskWatch()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[DiskWatch]:
    for name in STATS:
        monkeypatch.setattr(os, name, _WATCH.noting(name))
    _WATCH.touched.clear()
    yield _WATCH
    _WATCH.folder = ""


def test_a_read_of_the_main_thread_is_seen(tmp_path: Path, watch: DiskWatch) -> None:
    watch.folder = str(tmp_path)
    reads = (os.listdir, os.stat, lambda path: (path / "x").exists())
    for read in reads:
        read(tmp_path)
    threads = [threading.Thread(target=read, args=(tmp_path,)) for read in reads]
    for thread in threads:
        thread.start()
        thread.join()
    assert len(watch.touched) == len(reads)


@pytest.mark.parametrize(
    "name", ["lab", "run", "prompt", "tokens", "inspect", "timeline", "compare"]
)
async def test_keys_and_polls_touch_no_file_of_a_run(
    lab: Lab, app: LabApp, watch: DiskWatch, name: str
) -> None:
    for run in ("alpha", "beta"):
        lab.add(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        await pilot.press("space")
        watch.folder = str(lab.store.root)
        await pilot.press(*entry(name).opening_keys)
        await until(pilot, lambda: app.page.entry_name == name)
        for key in ("down", "up", "right", "left", "tab", "V", "enter", "escape"):
            await pilot.press(key)
        await until(pilot, lambda: app.page.is_attached)
        touched, watch.folder = list(watch.touched), ""
    assert touched == []
