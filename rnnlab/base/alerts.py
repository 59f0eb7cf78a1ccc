"""The characters that make a terminal alert its user: the bell, or a desktop notification."""

from __future__ import annotations

from collections.abc import Mapping

from rnnlab.base.display import visible

_FORMATS = {
    "none": "",
    "bell": "\a",
    "osc9": "\x1b]9;{}\a",
    "osc777": "\x1b]777;notify;rnnlab;{}\a",
}
"""Preference `alerts` -> the characters, with the place of the message."""


def alert_sequence(kind: str, message: str, environment: Mapping[str, str]) -> str:
    """Return the characters of an alert: `kind` is a value of the preference `alerts`.

    environment: the variables of the process. tmux discards unknown sequences: in tmux they are
    wrapped, and tmux passes them on if its option `allow-passthrough` is on.
    """
    text = _FORMATS[kind].format(visible(message, newline=" "))
    if "\x1b" in text and environment.get("TMUX"):
        escaped = text.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{escaped}\x1b\\"
    return text
