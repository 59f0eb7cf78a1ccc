"""A tiny recipe."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import pytest

from rnnlab.recipes import Recipe
from tests.toys.tiny_recipe import make_recipe, write_recipe

if TYPE_CHECKING:
    from pathlib import Path


class Write(Protocol):
    """Write the tiny recipe with one part replaced or lines appended."""

    def __call__(self, old: str = "", new: str = "", more: str = "") -> Path: ...


class Make(Protocol):
    """Write and load a recipe."""

    def __call__(self, old: str = "", new: str = "", more: str = "") -> Recipe: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return partial(write_recipe, tmp_path)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return partial(make_recipe, tmp_path)
