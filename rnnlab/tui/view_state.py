"""How the lab was looked at, kept across starts: one small JSON file a folder of runs.

A file that is missing, broken or of another version says nothing; one that cannot be written is
done without: how the lab was looked at is no reason to fail.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from rnnlab.base.files import replace_text


@dataclass
class ViewState:
    """What is kept."""

    chosen: str = ""
    """Name of the chosen run."""
    marked: list[str] = field(default_factory=list)
    pinned: list[str] = field(default_factory=list)
    colors: dict[str, int] = field(default_factory=dict)
    """Place of every run in the palette, so that a run keeps its colour."""
    sort: str = "newest"
    """What the runs are sorted by."""
    is_reversed: bool = False
    filter: str = ""
    panes: dict[str, dict[str, bool]] = field(default_factory=dict)
    """By screen: panes that were shown or hidden on purpose."""
    axis: str = "step"
    is_log: bool = False
    smoothing: float = 0.0
    charts: list[str] = field(default_factory=list)
    """Charts in their order."""
    is_single: bool = False
    """Whether one chart only was shown."""
    fields: dict[str, str] = field(default_factory=dict)
    """What stood in the fields of the prompt, by their names."""
    checkpoints: dict[str, str] = field(default_factory=dict)
    """Step that was chosen for a run, by the run's name."""


def state_file(runs: Path) -> Path | None:
    """Return where the view of a folder of runs is kept: below XDG_STATE_HOME (~/.local/state).

    None where that needs a home folder and there is none.
    """
    try:
        base = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    except RuntimeError:
        return None
    digest = hashlib.sha256(str(runs.absolute()).encode()).hexdigest()[:16]
    return base / "rnnlab" / f"view-{digest}.json"


def prompts_file(view_file: Path | None) -> Path | None:
    """Return where the prompts are kept: beside the view of the same folder of runs."""
    return _beside(view_file, "prompts")


def answers_file(view_file: Path | None) -> Path | None:
    """Return where the last answers are kept: beside the view of the same folder of runs."""
    return _beside(view_file, "answers")


def _beside(view_file: Path | None, what: str) -> Path | None:
    if view_file is None:
        return None
    return view_file.with_name(view_file.stem.replace("view", what, 1) + ".jsonl")


def load_view(file: Path | None) -> ViewState:
    """Return what a file says; fields that it lacks or has wrongly are as at first."""
    view = ViewState()
    if file is None:
        return view
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return view
    if not isinstance(values, dict):
        return view
    for one in fields(ViewState):
        value, default = values.get(one.name), getattr(view, one.name)
        is_number = isinstance(value, int | float) and isinstance(default, float)
        if (type(value) is type(default) or is_number) and _fits(one.name, value):
            setattr(view, one.name, value)
    return view


def save_view(view: ViewState, file: Path | None) -> None:
    """Write a file, if there is to be one and it can be written."""
    if file is None:
        return
    with contextlib.suppress(OSError, ValueError, TypeError):
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(file, json.dumps(asdict(view), ensure_ascii=True), is_private=True)


def _fits(name: str, value: object) -> bool:
    """Tell whether what is in a list or a mapping is of the right type."""
    if name in ("marked", "pinned", "charts"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if name in ("fields", "checkpoints"):
        return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    if name == "colors":
        return isinstance(value, dict) and all(type(v) is int and v >= 0 for v in value.values())
    if name == "panes":
        return isinstance(value, dict) and all(
            isinstance(panes, dict) and all(isinstance(v, bool) for v in panes.values())
            for panes in value.values()
        )
    if name == "axis":
        return value in ("step", "epoch", "time")
    return True
