"""The view, saved across starts: one small JSON file per folder of runs.

A missing, broken or incompatible file gives the defaults, and a failure to write is ignored: the
view is not important enough to raise an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from string import ascii_lowercase

from rnnlab.base.files import replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import VIEW_BYTES, read_text


@dataclass
class ViewState:
    """The view of one folder of runs, as it is saved."""

    chosen: str = ""
    """Name of the chosen run; empty for none."""
    marked: list[str] = field(default_factory=list)
    pinned: list[str] = field(default_factory=list)
    colors: dict[str, int] = field(default_factory=dict)
    """Palette index of every run, so that a run keeps its colour."""
    letters: dict[str, str] = field(default_factory=dict)
    """Letter of every run, the least recently used first, so that a run keeps its letter."""
    sort: str = "newest"
    """Sort key of the list of runs; see `run_filter.SORTS`."""
    is_reversed: bool = False
    filter: str = ""
    columns: list[str] = field(default_factory=list)
    """Columns of the list of runs, by name and in order; empty for the default ones."""
    panes: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Screen -> pane -> True if the user has shown it, False if hidden."""
    axis: str = "step"
    is_log: bool = False
    smoothing: float = 0.0
    charts: list[str] = field(default_factory=list)
    """Names of the charts in the order of the grid."""
    is_single: bool = False
    """Whether only the first chart is shown."""
    charts_off: list[str] = field(default_factory=list)
    """Names of the charts that are not shown."""
    has_means: bool = True
    """Whether runs that differ by their seed alone are drawn as one mean with a band."""
    sizes: dict[str, dict[str, float]] = field(default_factory=dict)
    """Screen and width class (`lab/-wide`) -> pane -> its fraction of the width or height."""
    fields: dict[str, str] = field(default_factory=dict)
    """Values of the prompt form's fields, by name."""
    checkpoints: dict[str, str] = field(default_factory=dict)
    """Checkpoint chosen for each run, by the run's name."""


def state_file(runs: Path) -> Path | None:
    """Return the view file of a folder of runs, below XDG_STATE_HOME (default: ~/.local/state).

    None if the path needs a home folder and the user has none.
    """
    try:
        base = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    except RuntimeError:
        return None
    digest = hashlib.sha256(str(runs.absolute()).encode()).hexdigest()[:16]
    return base / "rnnlab" / f"view-{digest}.json"


def prompts_file(view_file: Path | None) -> Path | None:
    """Return the file of the prompt history, next to the view file."""
    return _sibling(view_file, "prompts")


def answers_file(view_file: Path | None) -> Path | None:
    """Return the file of the last prompt session, next to the view file."""
    return _sibling(view_file, "answers")


def _sibling(view_file: Path | None, stem: str) -> Path | None:
    if view_file is None:
        return None
    return view_file.with_name(view_file.stem.replace("view", stem, 1) + ".jsonl")


def load_view(file: Path | None) -> ViewState:
    """Return the view in a file; missing and invalid fields have their defaults."""
    view = ViewState()
    if file is None:
        return view
    try:
        values = parse_json(read_text(file, VIEW_BYTES))
    except (OSError, ValueError):
        return view
    if not isinstance(values, dict):
        return view
    for spec in fields(ViewState):
        value, default = values.get(spec.name), getattr(view, spec.name)
        is_number = isinstance(value, int | float) and isinstance(default, float)
        if (type(value) is type(default) or is_number) and _is_valid(spec.name, value):
            setattr(view, spec.name, value)
    return view


def save_view(view: ViewState, file: Path | None) -> None:
    """Write the view file, unless `file` is None; ignore a failure to write."""
    if file is None:
        return
    with contextlib.suppress(OSError, ValueError, TypeError):
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(view), ensure_ascii=True)
        replace_text(file, text, durable=True, is_private=True)


def _is_valid(name: str, value: object) -> bool:
    """Return True if the items of a list or a mapping have the right types."""
    if name in ("marked", "pinned", "charts", "columns", "charts_off"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if name in ("fields", "checkpoints"):
        return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    if name == "letters":
        return isinstance(value, dict) and _are_letters(list(value.values()))
    if name == "colors":
        return isinstance(value, dict) and all(type(v) is int and v >= 0 for v in value.values())
    if name == "panes":
        return isinstance(value, dict) and all(
            isinstance(panes, dict) and all(isinstance(v, bool) for v in panes.values())
            for panes in value.values()
        )
    if name == "sizes":
        return isinstance(value, dict) and all(
            isinstance(panes, dict) and all(_is_fraction(v) for v in panes.values())
            for panes in value.values()
        )
    if name == "axis":
        return value in ("step", "epoch", "time")
    return True


def _are_letters(values: list[object]) -> bool:
    """Return True if all values are letters, each a different one."""
    letters = [v for v in values if isinstance(v, str) and v in tuple(ascii_lowercase)]
    return len(set(letters)) == len(values)


def _is_fraction(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1
