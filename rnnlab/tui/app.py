"""The lab: puts the screen, the feed and the generator together, and routes between them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable
from pathlib import Path

# Read when Textual is imported: no animation, nothing that a slow line would have to carry.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")

from textual import on
from textual.app import App, SystemCommand
from textual.screen import Screen

from rnnlab.errors import RnnlabError
from rnnlab.runs.prompts import Ready
from rnnlab.runs.store import RunStore
from rnnlab.tui.feed import Feed
from rnnlab.tui.generator import Generator
from rnnlab.tui.messages import (
    GeneratorDied,
    GeneratorSaid,
    PromptCancelled,
    PromptSent,
    RunChosen,
)
from rnnlab.tui.screens.lab import LabScreen

POLL_S = 0.5
"""How often the runs are looked at."""


class LabApp(App[None]):
    """The lab over one folder of runs."""

    TITLE = "rnnlab"
    CSS_PATH = "lab.tcss"

    def __init__(self, store: RunStore, data: Path | None = None, poll_s: float = POLL_S) -> None:
        super().__init__()
        self.store = store
        self._feed = Feed(store)
        self.lab = LabScreen(store, data)
        self._generator = Generator(self.post_message)
        self._poll_s = poll_s
        self._chosen_again = asyncio.Event()

    def get_default_screen(self) -> Screen[None]:
        """Open with the lab."""
        return self.lab

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer our own actions before Textual's."""
        yield from self.lab.get_system_commands()
        yield from super().get_system_commands(screen)

    def on_mount(self) -> None:
        """Begin to read the runs and start the generator once the first frame is out."""
        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._watch(), name="feed")
        self.run_worker(self._generator.start(), name="generator")

    async def on_unmount(self) -> None:
        """End the generator; workers that train are left alone."""
        await self._generator.close()

    async def _watch(self) -> None:
        """Read the runs until the lab closes; at once when another one is chosen."""
        while self.lab.is_attached:
            self._chosen_again.clear()
            read = await asyncio.to_thread(self._feed.read, self.lab.watched)
            if self.lab.is_attached:
                self.lab.take(read)
            try:
                await asyncio.wait_for(self._chosen_again.wait(), self._poll_s)
            except TimeoutError:
                continue

    @on(RunChosen)
    def read_at_once(self) -> None:
        """Fetch the curves of a run just chosen."""
        self._chosen_again.set()

    @on(PromptSent)
    async def ask(self, message: PromptSent) -> None:
        """Ask the generator for the chosen run's newest checkpoint."""
        chosen = self.lab.table.chosen
        if chosen is None:
            return
        try:
            run = self.store.open(chosen.name).paths.root.resolve()
        except RnnlabError as error:
            self.lab.pane.fail_to_ask(str(error))
            return
        await self._generator.ask(
            str(run),
            message.prompt,
            message.decoders,
            message.length,
            message.seed,
            message.unknown,
        )

    @on(PromptCancelled)
    async def cancel(self) -> None:
        """End what the generator is writing."""
        await self._generator.cancel()

    @on(GeneratorSaid)
    async def hear(self, message: GeneratorSaid) -> None:
        """Hand the newest request's replies to the prompt pane."""
        reply = message.reply
        if isinstance(reply, Ready) or reply.ask == self._generator.latest:
            await self.lab.pane.hear(reply)

    @on(GeneratorDied)
    def mourn(self, message: GeneratorDied) -> None:
        """Say that the generator is gone; the next prompt starts another."""
        self.lab.pane.fail(message.reason)

    def _hang_up(self) -> None:
        """The terminal is gone: nothing can be drawn any more, and nobody is there to see it."""
        os._exit(129)


def open_lab(checkpoints: Path | None = None, data: Path | None = None) -> int:
    """Open the lab in this terminal; return the exit code."""
    lab = LabApp(RunStore.default(checkpoints), data)
    lab.run()
    return lab.return_code or 0
