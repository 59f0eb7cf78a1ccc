"""A probe of a model in training: gates and gradients through time, measured on a sample.

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
"""A gate is closed below SHUT, open above OPEN; both are saturated: it hardly reacts to input."""
_DIGITS = 4
"""Significant digits of a norm in the journal."""


class ProbeResult(NamedTuple):
    """The record of a probe for the journal, and the values from which it was computed."""

    record: ProbeRecord
    values: dict[str, Tensor]
    """Values [B, T, H] of every gate, for histograms."""


def probe(model: TextModel, sample: Sample, step: int) -> ProbeResult:
    """Probe a model on a sample, with dropout off; does not use a random generator."""
    was_training = model.training
    model.eval()
    try:
        traces = trace_sample(model, sample)
        gradients = gradient_through_time(model, sample, traces)
    finally:
        model.train(was_training)
    values = gate_activations(model.rnn.cell, traces)
    fractions = {name: saturation(value) for name, value in values.items()}
    matrices = candidate_matrices(model)
    spectra = {name: (power_norms(W_HH), radius(W_HH)) for name, W_HH in matrices.items()}
    of_last = {one.name: one.of_last_T.tolist() for one in gradients}
    num_rows, length = sample.tokens_BT.shape
    record = ProbeRecord(
        step=step,
        num_rows=num_rows,
        length=length,
        gates={name: bins for name, (bins, _, _) in fractions.items()},
        shut={name: shut for name, (_, shut, _) in fractions.items()},
        open={name: opened for name, (_, _, opened) in fractions.items()},
        of_last={name: rounded(norms) for name, norms in of_last.items()},
        of_all={one.name: rounded(one.of_all_T.tolist()) for one in gradients},
        half_life={name: half_life(norms) for name, norms in of_last.items()},
        powers={name: rounded(norms) for name, (norms, _) in spectra.items()},
        radius={name: rounded([rho])[0] for name, (_, rho) in spectra.items()},
    )
    return ProbeResult(record, values)


def gate_activations(cell: Cell[object], traces: Iterable[LayerTrace]) -> dict[str, Tensor]:  # type: ignore[type-var]
    """Return the values [B, T, H] of every gate, named by layer and letter, such as `l0.f`.

    For a cell without gates, return its state, scaled to 0 ... 1 (saturated near both ends). A
    state h without an upper bound is scaled to h / (1 + h).
    """
    letters = gate_letters(cell)
    if letters:
        return {f"{trace.name}.{gate}": trace.gates[gate] for trace in traces for gate in letters}
    return {f"{trace.name}.h": _scaled_to_unit(cell, trace.outputs) for trace in traces}


def gate_letters(cell: Cell[object]) -> tuple[str, ...]:  # type: ignore[type-var]
    """Return the letters of a cell's gates; candidates, such as the LSTM's g, are not gates."""
    return tuple(letter for letter in cell.gates if letter not in cell.candidates)


def _scaled_to_unit(cell: Cell[object], h_BTH: Tensor) -> Tensor:  # type: ignore[type-var]
    if cell.h_range is None:
        return h_BTH / (1 + h_BTH)
    low, high = cell.h_range
    return (h_BTH - low) / (high - low)


def saturation(value: Tensor) -> tuple[list[float], float, float]:
    """Return a histogram (NUM_BINS fractions), and the fractions below SHUT and above OPEN."""
    flat = value.flatten().float()
    counts = torch.histc(flat, NUM_BINS, 0.0, 1.0)
    ends = torch.stack([(flat < SHUT).sum(), (flat > OPEN).sum()]).to(counts)
    fractions: list[float] = (torch.cat([counts, ends]) / max(flat.numel(), 1)).tolist()
    *bins, shut, opened = (round(fraction, 6) for fraction in fractions)
    return bins, shut, opened


def rounded(norms: Sequence[float]) -> list[float | None]:
    """Return norms with 4 significant digits; None for a norm that is not finite."""
    return [float(f"{norm:.{_DIGITS}g}") if math.isfinite(norm) else None for norm in norms]
