"""A recipe of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from rnnlab import recipes
from rnnlab.recipes import Recipe

if TYPE_CHECKING:
    from pathlib import Path

TINY = """\
about = "a tiny one"
corpus = "mer"

[settings]
task = "stream"
hidden = 8
lr = 0.01

[[measures]]
name = "train"
what = "train_running"
published = 2.0
"""


class Write(Protocol):
    """Write a recipe: the tiny one with one part replaced, or with more at its end."""

    def __call__(self, old: str = "", new: str = "", more: str = "") -> Path: ...


class Make(Protocol):
    """Write and load a recipe."""

    def __call__(self, old: str = "", new: str = "", more: str = "") -> Recipe: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(old: str = "", new: str = "", more: str = "") -> Path:
        assert old in TINY
        file = tmp_path / "tiny.toml"
        file.write_text((TINY.replace(old, new, 1) if old else TINY) + more, encoding="utf-8")
        return file

    return write


@pytest.fixture
def make(write: Write) -> Make:
    return lambda old="", new="", more="": recipes.load(str(write(old, new, more)))
