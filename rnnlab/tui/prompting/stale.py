"""Stale answers: those to other fields than the ones shown, and those of older weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.base.cells import shortened
from rnnlab.runs.checkpoint import POINTERS
from rnnlab.runs.stored_checkpoints import StoredSteps
from rnnlab.runs.summary import RunSummary

if TYPE_CHECKING:
    from rnnlab.tui.state.prompt_session import PromptRequest, PromptSession

_SHORT = 22
"""Maximum number of characters of a prompt that the status line quotes."""
_OLDER = 0.05
"""Fraction of the answers' steps that training must go on for them to be stale at `live`: every
step is a newer model, but answers that were stale at once could not be read in full colour."""


def origin_of_answers(
    session: PromptSession, run: RunSummary, stored: StoredSteps, decoders: tuple[str, ...] | None
) -> str:
    """Return one line that names the request of stale answers; empty if they are not stale.

    run: the run that the fields now name, `stored` its checkpoints; decoders: the specs in the
    fields, None while they have an error.
    """
    asked, step = session.request, session.step
    is_blank = session.is_given_up and step is not None  # without the previous answers, too
    if asked is None or session.problem or is_blank:
        return ""
    if step is None:
        return "below: answers to the previous request"
    if not session.is_over:
        return ""
    if asked.run != run.name:
        return f"written by {asked.run}; enter asks {run.name}"
    if not is_of_fields(asked, session, run.name, decoders):
        prompt = repr(shortened(asked.prompt, _SHORT)) if asked.prompt else "an empty prompt"
        return f"below: answers to {prompt} at step {step:,}; enter asks again"
    newer = newer_step(asked.checkpoint, step, run, stored)
    if newer is None:
        return ""
    return f"written at step {step:,}, now at {newer:,}; enter asks again"


def is_of_fields(
    asked: PromptRequest, session: PromptSession, run: str, decoders: tuple[str, ...] | None
) -> bool:
    """Return True if a request has the values of the fields that are shown.

    decoders: the specs in the fields; None leaves them out.
    """
    fields = session.fields
    checkpoint = fields.checkpoint_of(run).strip() or "live"
    return (
        (asked.prompt, asked.checkpoint) == (fields.prompt, checkpoint)
        and (str(asked.length), str(asked.seed)) == (fields.length, fields.seed)
        and decoders in (None, tuple(spec.text for spec in asked.specs))
    )


def newer_step(checkpoint: str, step: int, run: RunSummary, stored: StoredSteps) -> int | None:
    """Return the step of the weights that `checkpoint` now names; None if answers are of these.

    step: step of the weights that answered. At `live`, a run in training must have gone on for a
    twentieth of its steps.
    """
    if checkpoint == "live" and run.is_active:
        return run.step if run.step - step > _OLDER * step else None
    name = "last" if checkpoint == "live" else checkpoint
    for pointer in POINTERS:
        newer = stored.of(pointer) if pointer == name else None
        if newer is not None and newer > step:
            return newer
    return None
