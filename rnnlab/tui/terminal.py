"""The lab in a terminal, as far as that can show it; Textual would ask for everything."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.base.preferences import load_preferences
from rnnlab.runs.store import RunStore

_PLAIN = ("ansi", "unknown", "vt100", "vt102", "vt220")


def has_mouse() -> bool:
    """Return whether the terminal may have a mouse, and reports of keys beyond plain ones.

    Others would print the sequences that ask for them.
    """
    return os.environ.get("TERM") not in _PLAIN


def check_terminal() -> None:
    """Raise BadInputError for a terminal whose cursor cannot be moved."""
    if os.environ.get("TERM") == "dumb":
        raise BadInputError(
            "this terminal cannot show the lab: TERM is dumb",
            "use another terminal; `rnnlab runs` and `rnnlab watch` print what they show",
        )


def open_lab(
    checkpoints: Path | None = None, data: Path | None = None, *, is_ascii: bool = False
) -> int:
    """Open the lab in this terminal; return the exit code."""
    check_terminal()
    from rnnlab.tui.app import LabApp
    from rnnlab.tui.state.view_state import state_file

    preferences = load_preferences()
    if is_ascii:
        preferences = replace(preferences, glyphs="ascii")
    store = RunStore.default(checkpoints)
    lab = LabApp(
        store, data, preferences=preferences, view_file=state_file(store.root), has_outline=True
    )
    lab.run(mouse=has_mouse())
    return lab.return_code or 0
