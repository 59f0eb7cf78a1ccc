"""Notifications about runs: a toast, and an alert of the terminal for what ends or goes wrong."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.app import App

from rnnlab.base.alerts import alert_sequence

if TYPE_CHECKING:
    from rnnlab.tui.state.lab_state import LabState
    from rnnlab.tui.state.notifications import Notice


def tell(app: App[Any], state: LabState, notices: Iterable[Notice]) -> None:
    """Show the notices as toasts, and send their alerts to the terminal, one for each message."""
    for notice in notices:
        app.notify(notice.message, severity=notice.severity, markup=False, timeout=notice.timeout_s)
        if notice.is_alert:
            text = alert_sequence(state.preferences.alerts, notice.message, os.environ)
            state.outside.write_to_terminal(app, text)
