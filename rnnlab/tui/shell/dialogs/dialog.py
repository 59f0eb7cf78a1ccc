"""The base class of the dialogs."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

ResultT = TypeVar("ResultT")


class Dialog(ModalScreen[ResultT]):
    """A dialog that closes once, and only while it is on top."""

    def dismiss(self, result: ResultT | None = None) -> AwaitComplete:
        """Close the dialog; do nothing if it is closed already or another one is above it.

        Textual would then close the screen on top, and fail at the next key.
        """
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def withdraw(self) -> AwaitComplete:
        """Close the dialog without an answer, as escape does: its screen is being left."""
        return self.dismiss(None)
