"""The listener to the replies to one kind of question about the tree of tokens."""

from __future__ import annotations

from collections.abc import Callable

from rnnlab.protocol.messages import Failed, Reply


class ReplyHandler:
    """Hands replies to a function, except that a checkpoint no longer exists."""

    def __init__(self, handle: Callable[[Reply], None], go_on: Callable[[], bool]) -> None:
        """go_on: asks again with other weights; returns False if it cannot."""
        self._handle, self._go_on = handle, go_on

    async def on_reply(self, reply: Reply) -> None:
        """Handle a reply; if the checkpoint is gone, ask again if possible."""
        is_gone = isinstance(reply, Failed) and reply.is_checkpoint_missing
        if not (is_gone and self._go_on()):
            self._handle(reply)
