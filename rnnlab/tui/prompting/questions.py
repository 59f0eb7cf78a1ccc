"""Routes questions to the generator process and its replies to the listeners.

The messages are imported on use: the app needs this module before its first frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.base.errors import RnnlabError
from rnnlab.base.files import real_path
from rnnlab.tui.messages import Asked

if TYPE_CHECKING:
    from rnnlab.protocol.messages import Reply, RunName, RunPath
    from rnnlab.runs.store import RunStore
    from rnnlab.tui.outside import Answering
    from rnnlab.tui.state.prompt_session import PromptSession


class Questions:
    """The open questions of the app; the only place where a run's name becomes a path."""

    def __init__(self, generator: Answering, store: RunStore) -> None:
        self.generator = generator
        self._store = store

    def _path(self, run: RunName) -> RunPath:
        return str(real_path(self._store.open(run).paths.root))

    async def ask(self, asked: Asked) -> None:
        """Send a question to the generator process; answer `Failed` if its run no longer exists."""
        from rnnlab.protocol.messages import Ended, Failed

        try:
            path = self._path(asked.run)
        except RnnlabError as error:
            await self.generator.drop(asked.listener)
            await asked.listener.on_reply(Failed(0, str(error)))
            await asked.listener.on_reply(Ended(0, was_cancelled=False, elapsed_s=0.0))
            return
        await self.generator.ask(asked.listener, asked.question(path))

    async def deliver(self, reply: Reply, session: PromptSession) -> None:
        """Hand a reply to its listener; the first reply shows that the process is ready."""
        from rnnlab.protocol.messages import Ready, Started

        if isinstance(reply, Ready | Started):
            session.is_ready = True
        await self.generator.deliver(reply)
