"""Toasts that the next one of the same severity replaces."""

from __future__ import annotations

from textual.app import App
from textual.widgets._toast import Toast, ToastHolder

from rnnlab.tui.messages import ReplaceableToast


def remove_toasts(app: App[None], severity: str | None = None) -> None:
    """Remove the replaceable toasts of one severity; None: of every severity."""
    removed = [
        toast
        for toast in app._notifications
        if isinstance(toast, ReplaceableToast) and severity in (None, toast.severity)
    ]
    for toast in removed:
        app._unnotify(toast, refresh=severity is None)
    # Textual would remove the toast alone: its frame would keep a line of the screen.
    for shown in app.screen.query(Toast):
        if shown._notification in removed and isinstance(shown.parent, ToastHolder):
            shown.parent.remove()
