"""Alerts of the terminal in which a verb follows a run."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from rnnlab.base.alerts import alert_sequence
from rnnlab.base.errors import RnnlabError
from rnnlab.base.preferences import load_preferences


def alert(message: str) -> None:
    """Alert the user by the preferred means, if standard error is a terminal."""
    with suppress(RnnlabError):  # the lab reports an invalid file of preferences
        if message and sys.stderr.isatty():
            sys.stderr.write(alert_sequence(load_preferences().alerts, message, os.environ))
            sys.stderr.flush()
