"""Verify new files of tensors in a thread, so that reading them does not delay the training."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from rnnlab.runs.intact import integrity

Verify = Callable[[Path], bool]
"""Returns whether a file is intact; called in the thread."""


def is_intact_on_disk(file: Path) -> bool:
    """Return whether a file of tensors is intact on the disk; a file without a checksum counts."""
    return integrity(file, from_disk=True) != "damaged"


class Verification:
    """Verifies some files; the result is ready some time later."""

    def __init__(self, files: Sequence[Path], verify: Verify) -> None:
        """Start the thread."""
        self.damaged: list[Path] = []
        """Files that are not intact; complete once `is_done`."""
        self._files = tuple(files)
        self._verify = verify
        # As a daemon, because a read from a network file system may never return.
        self._thread = threading.Thread(target=self._run, name="verification", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether all files are verified."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Block until all files are verified."""
        self._thread.join()

    def _run(self) -> None:
        self.damaged += [file for file in self._files if not self._verify(file)]
