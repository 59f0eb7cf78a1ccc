"""An app that hands questions to the generator, and its replies to whoever asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from rnnlab.base.errors import RnnlabError
from rnnlab.protocol.messages import Ended, Failed, Ready, Started
from rnnlab.tui.messages import AskCancelled, Asked, GeneratorDied, GeneratorSaid
from rnnlab.tui.outside import Outside
from rnnlab.tui.shell.keyed_app import KeyedApp
from rnnlab.tui.shell.screen import BaseScreen

if TYPE_CHECKING:
    from rnnlab.tui.state import LabState


class AskingApp(KeyedApp):
    """Has a desk that knows the runs, and a screen on which it says what is wrong."""

    desk: LabState

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self._generator = outside.make_generator(self.post_message)

    @property
    def page(self) -> BaseScreen:
        """The screen that is shown, below any dialog."""
        pages = [screen for screen in self.screen_stack if isinstance(screen, BaseScreen)]
        return pages[-1]

    @on(Asked)
    async def ask(self, message: Asked) -> None:
        """Hand a question to the generator, its run's folder looked up."""
        try:
            path = self.desk.store.open(message.run).paths.root.resolve()
        except RnnlabError as error:
            await message.listener.hear(Failed(0, str(error)))
            await message.listener.hear(Ended(0, was_cancelled=False, elapsed_s=0.0))
            return
        await self._generator.ask(message.listener, message.question(str(path)))

    @on(AskCancelled)
    async def cancel(self, message: AskCancelled) -> None:
        """End what the generator is doing for a listener."""
        await self._generator.cancel(message.listener)

    @on(GeneratorSaid)
    async def hear(self, message: GeneratorSaid) -> None:
        """Hand a reply to whoever waits for it."""
        if isinstance(message.reply, Ready | Started):
            self.desk.writing.is_ready = True
        await self._generator.deliver(message.reply)

    @on(GeneratorDied)
    def mourn(self, message: GeneratorDied) -> None:
        """Say that the generator is gone; the next prompt starts another."""
        self.desk.writing.is_ready = False
        self.page.fail(f"the generator ended: {message.reason}; enter asks again")
