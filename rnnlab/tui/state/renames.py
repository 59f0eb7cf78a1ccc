"""The state follows a run that was renamed, here, on the command line or in another lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnlab.runs.summary import RunSummary
    from rnnlab.tui.state.prompt_session import PromptSession
    from rnnlab.tui.state.view_state import ViewState


def new_names(summaries: Mapping[str, RunSummary]) -> dict[str, str]:
    """Return former name -> present name, without former names that another run has now."""
    return {
        former: summary.name
        for summary in summaries.values()
        for former in summary.former_names
        if former not in summaries
    }


def follow_in_view(names: Mapping[str, str], view: ViewState) -> None:
    """Replace former names in pins and colours; names: see `new_names`."""
    view.pinned[:] = [names.get(name, name) for name in view.pinned]
    _follow(view.colors, names)


def follow_in_session(names: Mapping[str, str], session: PromptSession) -> None:
    """Replace former names in the prompt session; names: see `new_names`."""
    _follow(session.fields.checkpoints, names)
    if session.request is not None and session.request.run in names:
        session.request = replace(session.request, run=names[session.request.run])
    if session.subject is not None and session.subject.run in names:
        session.subject = session.subject._replace(run=names[session.subject.run])


def _follow(of_runs: dict[str, int] | dict[str, str], names: Mapping[str, str]) -> None:
    """Move the entries of renamed runs to their present names."""
    for former in [name for name in of_runs if name in names]:
        value = of_runs.pop(former)
        of_runs.setdefault(names[former], value)  # type: ignore[arg-type]
