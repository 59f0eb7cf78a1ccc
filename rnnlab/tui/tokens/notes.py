"""What the token view says in a line: why it is empty, what it shows, how old the weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rnnlab.runs.paths import Pointer
from rnnlab.runs.records import ACTIVE_STATES
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.state.weights import weights_of
from rnnlab.tui.tokens.token_session import TokenSession

if TYPE_CHECKING:
    from rnnlab.tui.state.lab_state import LabState

HINT = "no text yet: press i and write one, or press enter on a candidate in Prompt (F3)"


def why_not_text(run: RunSummary) -> str:
    """Return why a classifier has nothing to show here, and where to go."""
    return (
        f"{run.name} is a classifier, which does not write text: "
        "prompt it on F3, or choose another run in the lab (F2)"
    )


def why_empty(state: LabState, session: TokenSession) -> str:
    """Return why there is no text or no distribution; empty if there is nothing to say."""
    chosen = state.chosen
    if session.problem:
        return session.problem
    if not session.tree.is_empty:
        return _waiting_note(state, session) if session.is_reading else ""
    if chosen is not None and chosen.task == "classify":
        return why_not_text(chosen)
    return HINT


def _waiting_note(state: LabState, session: TokenSession) -> str:
    run = state.summaries.get(session.run)
    if run is not None and run.state == "starting":
        return f"waiting for the first weights of {run.name}…"
    return "reading the text…" if state.session.is_ready else "starting the generator…"


def status_of(state: LabState, session: TokenSession) -> tuple[str, bool]:
    """Return the status line and whether it is an error.

    It names the weights, the chain of filters and the number of branches, once they are known.
    """
    why = why_empty(state, session)
    if session.problem or session.step is None or session.is_reading or session.tree.is_empty:
        is_classifier = session.tree.is_empty and why != HINT
        return why, bool(session.problem) or is_classifier
    note = f"{session.note}; " if session.note else ""
    num = len(session.tree.leaves())
    branches = f"; {num} branches, . next" if num > 1 else ""
    writing = "; the decoders are writing…" if session.is_continuing else ""
    chain = " → ".join(session.chain)
    weights = weights_of(session.step, state.summaries.get(session.run))
    return f"{note}{session.run} at {weights}; {chain}{branches}{writing}", False


def title_of(session: TokenSession) -> str:
    """Return the title of the distribution: the decoder whose filters it shows."""
    if not session.specs:
        return "Distribution"
    num = len(session.specs)
    of = f" ({session.shown + 1} of {num}, D next)" if num > 1 else ""
    return f"Distribution: {session.spec.text}{of}"


def newer_step(state: LabState, run: str, checkpoint: str, step: int | None) -> int | None:
    """Return the step of the newest weights of a kind; None if `step` is as new.

    checkpoint: `live`, `last`, `best` or a step, which never becomes older.
    """
    summary = state.summaries.get(run)
    if summary is None or step is None:
        return None
    if checkpoint == "live" and summary.state in ACTIVE_STATES:
        newest: int | None = summary.step
    elif checkpoint in ("live", "last", "best"):
        pointer = "best" if checkpoint == "best" else "last"
        newest = state.stored(run).of(cast(Pointer, pointer))
    else:
        return None
    return newest if newest is not None and newest > step else None
