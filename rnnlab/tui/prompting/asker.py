"""The questions about one run among several that continue the same text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rnnlab.protocol.messages import Ended, Failed, Reply, RunName, Started
from rnnlab.tui.prompting.stale import is_of_fields, newer_step
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.prompt_session import PromptRequest


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
        self.is_cancelled = False
        """True once the user has cancelled the question before its end."""

    @property
    def has_answered(self) -> bool:
        """True once the run has answered in full."""
        return self.is_over and not (self.has_failed or self.is_cancelled)

    async def on_reply(self, reply: Reply) -> None:
        """Hand a reply to the view, with the run that it is about."""
        if isinstance(reply, Started):
            self.step = reply.step
        self.is_over = self.is_over or isinstance(reply, Ended)
        self.has_failed = self.has_failed or isinstance(reply, Failed)
        self._view.show_reply(self, reply)


def stale_answers(
    askers: Sequence[Asker],
    request: PromptRequest,
    decoders: tuple[str, ...] | None,
    state: LabState,
) -> tuple[str, list[int] | None]:
    """Return one line that names the request of stale answers, and the columns of these answers.

    The line is empty if no answer is stale; the columns are None for all. request: what the runs
    were asked; decoders: the specs in the fields, None while they have an error.
    """
    if not is_of_fields(request, state.session, "", decoders):
        return "below: answers to other fields; press enter to ask again", None
    notes: list[str] = []
    columns: list[int] = []
    for asker in askers:
        run = state.summaries.get(asker.name)
        if run is None or asker.step is None:
            continue
        newer = newer_step(request.checkpoint, asker.step, run, state.stored(asker.name))
        if newer is not None:
            notes.append(f"{asker.name} at step {asker.step:,}, now at {newer:,}")
            columns += asker.columns
    line = f"written by {'; '.join(notes)}; press enter to ask again" if notes else ""
    return line, columns
