"""Send the findings on one or two models, or on the runs of the vanishing-gradient lab."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.protocol.messages import Inspect, Inspected, Started
from rnnlab.runs.history import read_history
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.run import Run
from rnnlab.worker import AnswerContext

if TYPE_CHECKING:
    from rnnlab.corpora import Dataset
    from rnnlab.insight import InspectedModel
    from rnnlab.plots import Finding

VANISHING = "vanishing"
_datasets: dict[str, Dataset] = {}
"""Cache of the last inspected runs' corpora, because reading a corpus takes time."""


def answer(question: Inspect, context: AnswerContext) -> None:
    """Send all findings in one reply."""
    findings = _vanishing(question) if question.view == VANISHING else _inspect(question, context)
    context.send(Inspected(question.ask, [finding.to_json() for finding in findings]))


def _inspect(question: Inspect, context: AnswerContext) -> list[Finding]:
    from rnnlab.insight import Wishes, inspect

    subject = _subject(question, question.run, question.checkpoint, context)
    other = None
    if question.other is not None:
        other = _subject(question, question.other, question.other_checkpoint, context)
    context.send(Started(question.ask, subject.loaded.step))
    wishes = Wishes(question.text, question.unit, question.property, question.gate, other)
    return inspect(subject, question.view, wishes)


def _subject(
    question: Inspect, run: str, checkpoint: str, context: AnswerContext
) -> InspectedModel:
    from rnnlab.insight import InspectedModel

    data = None if question.data is None else Path(question.data)
    load = partial(context.model, question.ask, run, checkpoint)
    return InspectedModel(RunPaths(Path(run)), checkpoint, data, load, _datasets)


def _vanishing(question: Inspect) -> list[Finding]:
    from rnnlab.insight import Member, vanishing

    members = []
    for path in question.members:
        paths = RunPaths(Path(path))
        settings = Run(paths).settings()
        cell, layers = settings.get("cell"), settings.get("layers")
        if isinstance(cell, str) and isinstance(layers, int):
            members.append(Member(paths.name, cell, layers, read_history(paths.journal)))
    return [vanishing(members)]
