"""The signals of a terminal that goes away and of a process that is terminated."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


def handle_signals(hang_up: Callable[[], object], terminate: Callable[[], object]) -> None:
    """Call `hang_up` on SIGHUP and `terminate` on SIGTERM, in the running event loop.

    Without a handler, SIGTERM would leave the terminal in raw mode.
    """
    if hasattr(signal, "SIGHUP"):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, hang_up)
        if signal.getsignal(signal.SIGTERM) != signal.SIG_IGN:  # respect an inherited SIG_IGN
            loop.add_signal_handler(signal.SIGTERM, terminate)
