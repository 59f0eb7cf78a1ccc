"""Many steps in one call of C: see rnnlab/native/c/write.c and beams.c.

Shapes: P prompts, R rows, S floats of a row's state, T steps, V tokens of the vocabulary.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from ctypes import Structure, c_double, c_int64, c_void_p
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from rnnlab.decoding import (
    BeamRules,
    BeamStep,
    Filtering,
    Goals,
    LiveBeam,
    Written,
    WrittenBeams,
)
from rnnlab.inference.steppers._base import Floats, Rows
from rnnlab.inference.steppers._native_state import NativeState, indices
from rnnlab.inference.steppers._pack import F32, Packed, address

MOST_STEPS, PRODUCTS_AT_ONCE = 64, 100_000_000
"""Limits of one call: it takes a few milliseconds, so text still streams."""
FILTERS: Final = (
    "repetition", "presence", "frequency", "min-length", "no-eos", "temperature", "top-n-sigma",
    "top-k", "top-p", "min-p", "typical", "epsilon", "eta",
)  # fmt: skip
"""Filters in C, in the order of `enum filter_kind` in native/c/filters.h."""
_EARLY: Final = ("decided", "full", "never")
"""In the order of `enum early` in native/c/beams.c."""
_ITEM_BYTES: Final = 16


def _fields(text: str) -> list[tuple[str, Any]]:
    """Return ctypes fields: `name` is an address, `name:i` an int64, `name:d` a double."""
    kinds = {"": c_void_p, "i": c_int64, "d": c_double}
    return [(name, kinds[kind]) for name, _, kind in (part.partition(":") for part in text.split())]


class _Filter(Structure):
    _fields_: ClassVar = _fields("kind:i value:d")


class _Write(Structure):
    _fields_: ClassVar = _fields(
        "net threads:i pieces:i num_states:i num:i most:i eos:i state parents first goals filters "
        "num_filters:i length:i recent past:i window:i tokens log_probs states choosing rows "
        "scratch order"
    )


class _Beams(Structure):
    _fields_: ClassVar = _fields(
        "net threads:i pieces:i num_states:i num:i most:i width:i eos:i state first num_rows "
        "totals finished num_finished divisors last_divisor:d gap:d early:i num_answers:i filters "
        "num_filters:i length:i num_candidates parents tokens gains sums num_live log_probs states "
        "filtered rows items x scratch order"
    )


class NativeWriter:
    """Takes several steps per call; may be called from several threads at once; a `Writer`.

    split: returns the numbers of threads, pieces and floats of scratch memory for some rows.
    """

    filters = frozenset(FILTERS)

    def __init__(
        self, packed: Packed, library: ctypes.CDLL, split: Callable[[int], tuple[int, int, int]]
    ) -> None:
        self._packed, self._split = packed, split
        self._write, self._beams = library.rnnlab_write, library.rnnlab_beams
        self._write.argtypes, self._write.restype = [c_void_p], c_int64
        self._beams.argtypes, self._beams.restype = [c_void_p], c_int64
        library.rnnlab_choosing.argtypes = [c_void_p]
        library.rnnlab_choosing.restype = c_int64
        self._choosing: int = library.rnnlab_choosing(packed.address)
        """Bytes of scratch memory to choose in one thread."""
        self._spare: list[F32] = []
        """Free scratch memory of the steps: new memory would have to be cleared by the system. A
        call takes a buffer and puts it back in the end, so concurrent calls never share one."""

    def stretch(self, num_rows: int) -> int:
        """Return the number of steps within the limits of a call; implements `Writer.stretch`."""
        num_steps = PRODUCTS_AT_ONCE // max(1, num_rows * self._packed.row_products)
        return max(1, min(MOST_STEPS, num_steps))

    def write(
        self, state: NativeState, parents_R: Rows, log_probs_RV: Floats, num: int, goals_TR: Goals,
        eos: int | None, filtering: Filtering | None = None,
    ) -> Written:  # fmt: skip
        """Choose and step in one call of C; implements `Writer.write`."""
        packed, parents_R = self._packed, indices(parents_R)
        rows, num_states = len(parents_R), len(state.rows_RS)
        first_RV = self._first(log_probs_RV, rows)
        if goals_TR is not None:
            goals_TR = np.require(goals_TR, np.float64, ("C", "W"))
            if goals_TR.shape != (num, rows):
                raise IndexError(
                    f"goals have shape {goals_TR.shape}, for {num} steps of {rows} rows"
                )
        filters, num_filters = _filters(filtering)
        recent_RT, past = _recent(filtering, rows, num)
        threads, pieces, room = self._split(rows)
        tokens_TR = np.empty((num, rows), np.int64)
        log_probs_TRV = np.empty((num, rows, packed.vocab), np.float32)
        states = np.empty((min(num, 2), rows, packed.row), np.float32)
        places = np.empty((2, rows), np.int64)
        choosing = np.empty(threads * self._choosing, np.uint8)
        scratch = self._pop_scratch(room)
        order = np.empty(rows + max(rows, num_states) + 1, np.int32)
        work = _Write(
            packed.address, threads, pieces, num_states, rows, num, _or_none(eos), state.address,
            address(parents_R), address(first_RV), None if goals_TR is None else address(goals_TR),
            ctypes.addressof(filters), num_filters, filtering.length if filtering else 0,
            address(recent_RT), past, filtering.last if filtering else 0, address(tokens_TR),
            address(log_probs_TRV), address(states), address(choosing), address(places),
            address(scratch), address(order),
        )  # fmt: skip
        num_steps = self._write(ctypes.addressof(work))
        self._spare.append(scratch)
        if num_steps < 0:
            raise IndexError(f"a parent is not among {num_states} rows")
        after = state if num_steps == 0 else NativeState(states[(num_steps - 1) % 2])
        return Written(tokens_TR[:num_steps], log_probs_TRV[:num_steps], after)

    def write_beams(
        self, state: NativeState, log_probs_RV: Floats, num: int, length: int, rules: BeamRules,
        beams: Sequence[LiveBeam], filtering: Filtering | None = None,
    ) -> WrittenBeams:  # fmt: skip
        """Extend, select and step in one call of C; implements `Writer.write_beams`."""
        packed, width, prompts = self._packed, rules.width, len(beams)
        num_states = len(state.rows_RS)
        first_RV = self._first(log_probs_RV, num_states)
        num_rows_P = np.array([len(beam.totals_R) for beam in beams], np.int64)
        num_finished_P = np.array([len(beam.finished) for beam in beams], np.int64)
        if num_rows_P.sum() != num_states or max(num_rows_P.max(), num_finished_P.max()) > width:
            raise IndexError(f"{num_rows_P.sum()} live rows for a state of {num_states} rows")
        totals, finished = np.empty((2, prompts, width))
        for number, beam in enumerate(beams):
            totals[number, : len(beam.totals_R)] = beam.totals_R
            finished[number, : len(beam.finished)] = beam.finished
        most_rows = max(num_states, prompts * width)
        filters, num_filters = _filters(filtering)
        threads, pieces, room = self._split(most_rows)
        divisors_T = np.array([rules.divisor(length + step) for step in range(1, num + 1)])
        ids = np.empty((2, num, prompts, 2 * width), np.int64)
        figures = np.empty((2, num, prompts, 2 * width))
        nums_TP = np.empty((2, num, prompts), np.int64)
        after = np.empty((num, most_rows, packed.vocab), np.float32)
        filtered = np.empty(after.shape if num_filters else 0, np.float32)
        states = np.empty((min(num, 2), most_rows, packed.row), np.float32)
        rows, x = np.empty((2, most_rows), np.int64), np.empty(packed.columns, np.float32)
        items = np.empty((max(2 * width, packed.vocab), _ITEM_BYTES), np.uint8)
        scratch, order = self._pop_scratch(room), np.empty(2 * most_rows + 1, np.int32)
        work = _Beams(
            packed.address, threads, pieces, num_states, prompts, num, width, _or_none(rules.eos),
            state.address, address(first_RV), address(num_rows_P), address(totals),
            address(finished), address(num_finished_P), address(divisors_T),
            rules.divisor(rules.max_length), rules.gap, _EARLY.index(rules.early),
            rules.num_answers, ctypes.addressof(filters), num_filters, length, address(nums_TP[0]),
            address(ids[0]), address(ids[1]), address(figures[0]), address(figures[1]),
            address(nums_TP[1]), address(after), address(states),
            address(filtered) if num_filters else None, address(rows), address(items), address(x),
            address(scratch), address(order),
        )  # fmt: skip
        num_steps = self._beams(ctypes.addressof(work))
        self._spare.append(scratch)
        candidates, lives = nums_TP[0, :num_steps].tolist(), nums_TP[1, :num_steps].tolist()
        # Beyond the number of candidates the tokens are arbitrary; true is always correct.
        may_end_TP = (ids[1, :num_steps] == _or_none(rules.eos)).any(-1).tolist()
        steps_TP = [
            [
                BeamStep(
                    ids[0, t, p, :n], ids[1, t, p, :n], figures[0, t, p, :n], figures[1, t, p, :n],
                    lives[t][p], may_end_TP[t][p],
                )
                for p, n in enumerate(candidates[t])
            ]
            for t in range(num_steps)
        ]  # fmt: skip
        num_rows = [sum(lives_P) for lives_P in lives]
        num_models = num_steps - (num_rows[-1] == 0)
        end = state
        if num_models:
            end = NativeState(states[(num_models - 1) % 2, : num_rows[num_models - 1]])
        return WrittenBeams(
            steps_TP,
            [after[t, : num_rows[t]] for t in range(num_models)],
            _dropped(filtered, [num_states, *num_rows[:-1]]) if num_filters else (),
            end,
        )

    def _pop_scratch(self, num_floats: int) -> F32:
        try:
            spare = self._spare.pop()
        except IndexError:
            spare = None
        if spare is None or len(spare) < num_floats:
            spare = np.empty(num_floats, np.float32)
        return spare

    def _first(self, log_probs_RV: Floats, rows: int) -> Floats:
        """Return the log-probs of the first choice as C reads them; raises IndexError."""
        first_RV: Floats = np.require(log_probs_RV, np.float32, ("C", "W"))
        if first_RV.shape != (rows, self._packed.vocab):
            raise IndexError(f"log-probs have shape {first_RV.shape}, for {rows} rows")
        return first_RV


def _filters(filtering: Filtering | None) -> tuple[ctypes.Array[_Filter], int]:
    """Return the filters as an array of C structs, and their number."""
    chain = filtering.chain if filtering else ()
    filters = [_Filter(FILTERS.index(name), value) for name, value in chain]
    return (_Filter * len(filters))(*filters), len(filters)


def _recent(filtering: Filtering | None, rows: int, num: int) -> tuple[NDArray[np.int64], int]:
    """Return the last tokens of each row with room for `num` more, and their number.

    Rows with fewer tokens are padded by -1 on the left.
    """
    recent = filtering.recent if filtering else ()
    past = max(map(len, recent), default=0)
    recent_RT = np.full((rows if filtering else 0, past + num), -1, np.int64)
    for row, tokens in enumerate(recent):
        recent_RT[row, past - len(tokens) : past] = tokens
    return recent_RT, past


def _dropped(filtered: Floats, num_rows: Sequence[int]) -> list[NDArray[np.bool_]]:
    """Return the masks of the tokens that the filters dropped in each step."""
    return [np.isneginf(filtered[step, :num]) for step, num in enumerate(num_rows)]


def _or_none(eos: int | None) -> int:
    return -1 if eos is None else eos
