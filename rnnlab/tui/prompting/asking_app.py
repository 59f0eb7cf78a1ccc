"""An app that hands questions to the generator, and its replies to whoever asked."""

from __future__ import annotations

from dataclasses import replace
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
    """Has a state that knows the runs, and a screen on which it says what is wrong."""

    state: LabState

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
        question = message.question
        try:
            run = self.state.store.open(question.run).paths.root.resolve()
        except RnnlabError as error:
            await message.listener.on_reply(Failed(question.ask, str(error)))
            await message.listener.on_reply(Ended(question.ask, was_cancelled=False, elapsed_s=0.0))
            return
        await self._generator.ask(message.listener, replace(question, run=str(run)))

    @on(AskCancelled)
    async def cancel(self, message: AskCancelled) -> None:
        """End what the generator is doing for a listener."""
        await self._generator.cancel(message.listener)

    @on(GeneratorSaid)
    async def on_generator_said(self, message: GeneratorSaid) -> None:
        """Hand a reply to whoever waits for it."""
        if isinstance(message.reply, Ready | Started):
            self.state.writing.is_ready = True
        if (listener := self._generator.listener(message.reply)) is not None:
            await listener.on_reply(message.reply)

    @on(GeneratorDied)
    def on_generator_died(self, message: GeneratorDied) -> None:
        """Say that the generator is gone; the next prompt starts another."""
        self.state.writing.is_ready = False
        self.page.fail(f"the generator ended: {message.reason}; enter asks again")
