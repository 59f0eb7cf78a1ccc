"""Several steps of beam searches in one call of a `Writer`.

The writer extends and selects; every step is then repeated here on its candidates, which makes the
frame. The filters are applied again, too: the first step that differs ends the block. The texts and
the figures are thus always those of single steps.

Shapes: T steps, R live hypotheses of all prompts, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from rnnlab.decoding._base import Frame
from rnnlab.decoding._beam import Place, Survivors, grow_beams
from rnnlab.decoding._beam_options import BeamOptions
from rnnlab.decoding._filtering import BeamRows, filtering_of
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, LogProbs
from rnnlab.decoding._step import SearchStart, Step, Writer, WrittenBeams
from rnnlab.decoding._width_beam import WidthBeam

_WIDEST = 50
"""Maximum width of a beam for blocks: numpy selects the best of more candidates faster."""


class BeamBlocks:
    """Takes the steps of a search in blocks, if the model and the options permit this."""

    def __init__(
        self, step: Step, start: SearchStart, options: BeamOptions, writer: Writer
    ) -> None:
        self._step, self._start, self._options, self._writer = step, start, options, writer

    @classmethod
    def of(cls, step: Step, start: SearchStart, options: BeamOptions) -> BeamBlocks | None:
        """Return the blocks of a search; None if it can only take single steps.

        A writer ranks by the model's log-probs; it knows neither stop strings nor the texts that
        penalties read.
        """
        writer = start.writer
        if writer is None or options.is_partial(start) or options.stop or options.k > _WIDEST:
            return None
        if options.has_filters and (
            not options.ranks_by_model
            or "penalty" in options.active_kinds()
            or not all(name in writer.filters for name, _ in options.active_filters())
        ):
            return None
        return cls(step, start, options, writer)

    def write(
        self, beams: Sequence[WidthBeam], place: Place, limits: Limits
    ) -> Generator[Frame, None, Place | None]:
        """Take several steps and yield their frames; return the place after them.

        Returns None if the search is over.
        """
        options, start, length = self._options, self._start, place.length
        most_rows = max(len(place.log_probs_RV), sum(options.k for beam in beams if len(beam.live)))
        num = min(self._writer.stretch(most_rows), limits.max_length - length - 1)
        filtering = None
        if options.has_filters:
            if num == 1:
                return place._replace(is_disputed=True)  # to filter twice would take longer
            filtering = filtering_of(options, start, (), _no_text, length)
        rules = options.rules(limits.max_length, start.eos)
        live = [beam.before() for beam in beams]
        written = self._writer.write_beams(
            place.state, place.log_probs_RV, num, length, rules, live, filtering
        )
        before_TRV = [place.log_probs_RV, *written.log_probs_TRV][: len(written.steps_TP)]
        filtered_TRV = self._filter(before_TRV, length) if filtering else before_TRV
        survivors: list[Survivors] = []
        for step, (log_probs_RV, filtered_RV) in enumerate(
            zip(before_TRV, filtered_TRV, strict=True)
        ):
            if filtering and not _drops_same(filtered_RV, written, step):
                return self._again(place, survivors)
            steps_P = written.steps_TP[step]

            def select(number: int, *distributions: LogProbs) -> Survivors:
                return beams[number].select(steps_P[number], *distributions)  # noqa: B023

            frame, joined = grow_beams(
                beams, length + step, limits, log_probs_RV, filtered_RV, select
            )
            yield frame
            if frame.is_last:
                return None
            survivors.append(joined)
            if any(len(beam.live) != s.num_live for beam, s in zip(beams, steps_P, strict=True)):
                return self._again(place, survivors)
        return Place(length + len(survivors), written.log_probs_TRV[-1], written.state)

    def _filter(self, before_TRV: Sequence[LogProbs], length: int) -> list[LogProbs]:
        """Return the filtered distributions of all steps, computed together."""
        lengths = [length + step for step, rows_RV in enumerate(before_TRV) for _ in rows_RV]
        rows = BeamRows(self._start, self._options, lengths)
        filtered_NV = self._options.filter(np.concatenate(before_TRV), rows)
        return np.split(filtered_NV, np.cumsum([len(rows_RV) for rows_RV in before_TRV])[:-1])

    def _again(self, place: Place, survivors: Sequence[Survivors]) -> Place:
        """Return the place after some steps, which the model takes again one by one."""
        log_probs_RV, state = place.log_probs_RV, place.state
        for parents_R, tokens_R in survivors:
            log_probs_RV, state = self._step(state, parents_R, tokens_R)
        return Place(place.length + len(survivors), log_probs_RV, state, is_disputed=True)


def _drops_same(filtered_RV: LogProbs, written: WrittenBeams, step: int) -> bool:
    return np.array_equal(filtered_RV == NEVER, written.dropped_TRV[step])


def _no_text(_row: int, _num: int) -> list[int]:
    return []
