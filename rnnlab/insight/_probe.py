"""One look at a model in training: its gates and its gradients through time on a sample.

Shapes: B sequences, T steps, H hidden units.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.cells import Cell
from rnnlab.insight._recurrent import candidate_matrices, power_norms, radius
from rnnlab.insight._through_time import (
    Sample,
    gradient_through_time,
    half_life,
    trace_sample,
)
from rnnlab.insight._trace import LayerTrace
from rnnlab.models import TextModel
from rnnlab.runs.records import ProbeRecord

NUM_BINS = 20
SHUT, OPEN = 0.05, 0.95
"""Below the one and above the other a gate is saturated: it hardly moves with what it reads."""
_DIGITS = 4
"""Of a norm in the journal."""


class ProbeResult(NamedTuple):
    """What a look has found."""

    record: ProbeRecord
    values: dict[str, Tensor]
    """All values of every gate, for a histogram."""


def look(model: TextModel, sample: Sample, step: int) -> ProbeResult:
    """Look at a model with a sample; dropout is off meanwhile, no random generator is touched."""
    was_training = model.training
    model.eval()
    try:
        traces = trace_sample(model, sample)
        found = gradient_through_time(model, sample, traces)
    finally:
        model.train(was_training)
    values = doors(model.rnn.cell, traces)
    shares = {name: shares_of(value) for name, value in values.items()}
    matrices = candidate_matrices(model)
    spectra = {name: (power_norms(W_HH), radius(W_HH)) for name, W_HH in matrices.items()}
    of_last = {one.name: one.of_last_T.tolist() for one in found}
    num_rows, length = sample.tokens_BT.shape
    record = ProbeRecord(
        step=step,
        num_rows=num_rows,
        length=length,
        gates={name: bins for name, (bins, _, _) in shares.items()},
        shut={name: shut for name, (_, shut, _) in shares.items()},
        open={name: opened for name, (_, _, opened) in shares.items()},
        of_last={name: rounded(norms) for name, norms in of_last.items()},
        of_all={one.name: rounded(one.of_all_T.tolist()) for one in found},
        half_life={name: half_life(norms) for name, norms in of_last.items()},
        powers={name: rounded(norms) for name, (norms, _) in spectra.items()},
        radius={name: rounded([rho])[0] for name, (_, rho) in spectra.items()},
    )
    return ProbeResult(record, values)


def doors(cell: Cell[object], traces: Iterable[LayerTrace]) -> dict[str, Tensor]:  # type: ignore[type-var]
    """Return the values [B, T, H] of every gate, by layer and letter.

    Of a cell without gates those of its state, brought to 0 ... 1: near the ends it is saturated. A
    state without an upper end becomes h / (1 + h).
    """
    letters = door_letters(cell)
    if letters:
        return {f"{trace.name}.{gate}": trace.gates[gate] for trace in traces for gate in letters}
    return {f"{trace.name}.h": _as_share(cell, trace.outputs) for trace in traces}


def door_letters(cell: Cell[object]) -> tuple[str, ...]:  # type: ignore[type-var]
    """Return the letters of a cell's gates; what is new content, such as g, is none."""
    return tuple(letter for letter in cell.gates if letter not in cell.candidates)


def _as_share(cell: Cell[object], h_BTH: Tensor) -> Tensor:  # type: ignore[type-var]
    if cell.h_range is None:
        return h_BTH / (1 + h_BTH)
    low, high = cell.h_range
    return (h_BTH - low) / (high - low)


def shares_of(value: Tensor) -> tuple[list[float], float, float]:
    """Return the share of values in each bin, below SHUT and above OPEN."""
    flat = value.flatten().float()
    counts = torch.histc(flat, NUM_BINS, 0.0, 1.0)
    ends = torch.stack([(flat < SHUT).sum(), (flat > OPEN).sum()]).to(counts)
    shares: list[float] = (torch.cat([counts, ends]) / max(flat.numel(), 1)).tolist()
    *bins, shut, opened = (round(share, 6) for share in shares)
    return bins, shut, opened


def rounded(norms: Sequence[float]) -> list[float | None]:
    """Return norms in as many digits as a curve needs; None for what is not finite."""
    return [float(f"{norm:.{_DIGITS}g}") if math.isfinite(norm) else None for norm in norms]
