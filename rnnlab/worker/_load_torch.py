"""Load torch in the background, while the main thread waits for a run or reads its text."""

from __future__ import annotations

import contextlib
import threading


def load_torch() -> None:
    """Begin to import torch in a thread; an import elsewhere waits for it.

    If the import fails, the main thread repeats it later, and reports the error.
    """
    threading.Thread(target=_import, name="load torch").start()


def _import() -> None:
    with contextlib.suppress(Exception):
        import torch  # noqa: F401
