"""Routes questions to the generator process and its replies to the listeners.

The messages are imported on use: the app needs this module before its first frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.base.errors import RnnlabError, UnknownNameError
from rnnlab.tui.messages import Asked

if TYPE_CHECKING:
    from rnnlab.protocol.messages import Reply, RunName, RunPath
    from rnnlab.tui.outside import Answering
    from rnnlab.tui.state.lab_state import LabState
    from rnnlab.tui.state.prompt_session import PromptSession


class Questions:
    """The open questions of the app; the only place where a run's name becomes a path.

    Reads no file: the app waits for `ask` before it handles the next key.
    """

    def __init__(self, generator: Answering, state: LabState) -> None:
        self.generator = generator
        self._state = state

    def _path(self, run: RunName) -> RunPath:
        opened = self._state.opened(run)
        if opened is None:
            raise UnknownNameError("run", run, list(self._state.summaries))
        return str(opened.paths.root.absolute())

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
