"""The questions about one run among several that continue the same text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rnnlab.protocol.messages import Ended, Failed, Reply, RunName, Started
from rnnlab.tui.prompting.stale import newer_step
from rnnlab.tui.state.lab_state import LabState


class RepliesView(Protocol):
    """Shows the replies about several runs."""

    def show_reply(self, asker: Asker, reply: Reply) -> None:
        """Show a reply about one run."""


class Asker:
    """The listener to the generator's replies about one run."""

    def __init__(self, view: RepliesView, name: RunName, columns: range) -> None:
        self._view = view
        self.name = name
        self.columns = columns
        """Columns of the run's answers: one per decoder; for a classifier, a single one."""
        self.step: int | None = None
        """Step of the weights that answer; None before `Started`."""
        self.is_over = False
        self.has_failed = False

    async def on_reply(self, reply: Reply) -> None:
        """Hand a reply to the view, with the run that it is about."""
        if isinstance(reply, Started):
            self.step = reply.step
        self.is_over = self.is_over or isinstance(reply, Ended)
        self.has_failed = self.has_failed or isinstance(reply, Failed)
        self._view.show_reply(self, reply)


def newer_steps(askers: Sequence[Asker], checkpoint: str, state: LabState) -> dict[Asker, int]:
    """Return the askers whose answers are of older weights, each with the step of the newer ones.

    checkpoint: value of the field `step` with which all runs were asked.
    """
    newer = {}
    for asker in askers:
        run = state.summaries.get(asker.name)
        if run is not None and asker.step is not None and asker.is_over:
            step = newer_step(checkpoint, asker.step, run, state.opened(asker.name))
            if step is not None:
                newer[asker] = step
    return newer


def note_of(newer: dict[Asker, int]) -> str:
    """Return one line that names runs with newer weights than their answers; empty if none."""
    runs = [f"{a.name} at step {a.step:,}, now at {step:,}" for a, step in newer.items()]
    return f"written by {'; '.join(runs)}; press enter to ask again" if runs else ""
