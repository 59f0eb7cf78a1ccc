"""What the terminal is able to show; Textual would ask for everything."""

from __future__ import annotations

import os

from rnnlab.base.errors import BadInputError

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
