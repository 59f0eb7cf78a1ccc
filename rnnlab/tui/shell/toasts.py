"""Toasts that the next one of the same severity replaces."""

from __future__ import annotations

from textual.app import App

from rnnlab.tui.messages import ReplaceableToast


def remove_toasts(app: App[None], severity: str | None = None) -> None:
    """Remove the replaceable toasts of one severity; None: of every severity."""
    for toast in list(app._notifications):
        if isinstance(toast, ReplaceableToast) and severity in (None, toast.severity):
            app._unnotify(toast, refresh=severity is None)
