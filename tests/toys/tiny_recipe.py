"""A tiny recipe, with one part replaced or with more at its end."""

from __future__ import annotations

from pathlib import Path

from rnnlab import recipes
from rnnlab.recipes import Recipe

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


def write_recipe(folder: Path, old: str = "", new: str = "", more: str = "") -> Path:
    """Write the recipe as `tiny.toml`, its first `old` replaced by `new`."""
    assert old in TINY
    file = folder / "tiny.toml"
    file.write_text((TINY.replace(old, new, 1) if old else TINY) + more, encoding="utf-8")
    return file


def make_recipe(folder: Path, old: str = "", new: str = "", more: str = "") -> Recipe:
    """Write and load a recipe."""
    return recipes.load(str(write_recipe(folder, old, new, more)))
