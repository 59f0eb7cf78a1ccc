"""Recurrent spectrum: eigenvalues of W_hh, norms of its powers, and the bound on the gradient.

In a plain network the gradient from step t + k to step t is a product of k factors W_hh^T
diag(f'), so

    ||dL/dh_t|| <= (gamma sigma)^k ||dL/dh_{t+k}||,  sigma = ||W_hh||, gamma = max |f'|

gamma is 1 for tanh and relu, 1/4 for the sigmoid. If gamma sigma < 1, the gradient must vanish.
The bound holds in the top layer if the loss depends on the last state only: in lower layers the
gradient also flows back in time through the layers above, and a pooled loss adds a gradient at
every step. In a gated cell the gradient also flows through the gates, so the bound does not
hold, and by default the view shows the matrix of the candidate.

Source: Pascanu et al. (2013), "On the difficulty of training recurrent neural networks". Shapes: H
hidden units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rnnlab.base.errors import BadInputError
from rnnlab.inference import LoadedModel
from rnnlab.insight._recurrent import (
    POWERS,
    candidate_matrices,
    check_recurrent,
    eigenvalues,
    recurrent_matrices,
)
from rnnlab.insight._subject import InspectedModel, Wishes, check_finite
from rnnlab.insight._through_time import gradient_through_time
from rnnlab.insight._trace import layer_names
from rnnlab.plots import Chart, Curve, Finding, HeatMap, Picture, Plane, Table
from rnnlab.runs.records import ProbeRecord

_MOST_STEPS = 40
"""Maximum number of steps back in the charts."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the spectrum of one gate's recurrent matrix, or the candidate's, in every layer."""
    loaded = subject.loaded
    model = loaded.model
    check_recurrent(model, loaded.config.cell)
    matrices = _chosen(subject, wishes)
    gamma = model.rnn.cell.slope
    measured = {
        layer.name: layer.of_last_T.tolist()[::-1]
        for layer in gradient_through_time(model, subject.sample(wishes.text))
    }
    for norms in measured.values():
        check_finite(subject, norms)
    spectra = {name: spectrum(W_HH, gamma) for name, W_HH in matrices.items()}
    bounded = {name: name in _bounded(loaded) for name in matrices}
    pictures: list[Picture] = []
    for name, W_HH in matrices.items():
        radius = spectra[name]["radius"]
        points = tuple((z.real, z.imag) for z in eigenvalues(W_HH).tolist())
        pictures.append(Plane(f"eigenvalues of W_hh, {name}: radius {radius:.3f}", points))
        layer = name.rpartition(".")[0]
        pictures.append(_powers_chart(name, spectra[name], measured[layer], is_bound=bounded[name]))
    pictures.append(_table(spectra, gamma))
    probes = [record for record in subject.history.probes if record.radius]
    pictures += _over_training(probes)
    return Finding(
        view="spectrum",
        run=subject.name,
        step=loaded.step,
        says=_sentences(spectra, gamma, bounded, is_gated=len(model.rnn.cell.gates) > 1),
        pictures=tuple(pictures),
        figures={
            "gamma": gamma,
            "is_bound_of_gradient": bounded,
            "spectra": spectra,
            "gradient": measured,
            "steps": [record.step for record in probes],
            "radius_by_step": [record.radius for record in probes],
        },
    )


def _bounded(loaded: LoadedModel) -> tuple[str, ...]:
    """Return the names of the matrices for which the bound holds: see the module's docstring."""
    stack, config = loaded.model.rnn, loaded.config
    if len(stack.cell.gates) > 1 or (config.task == "classify" and config.pooling != "last"):
        return ()
    top = f"l{stack.num_layers - 1}"
    names = (name for name in layer_names(stack) if name.partition("_")[0] == top)
    return tuple(f"{name}.{stack.cell.gates[0]}" for name in names)


def spectrum(W_HH: Tensor, gamma: float) -> dict[str, object]:
    """Return eigenvalues, radius, norm and bound of a matrix, and the norms of its powers."""
    values = eigenvalues(W_HH)
    exact = W_HH.double().cpu()
    norm = torch.linalg.matrix_norm(exact, 2).item()
    powers, power = [], torch.eye(len(exact), dtype=torch.float64)
    for _ in range(_MOST_STEPS):
        power = power @ exact
        powers.append(torch.linalg.matrix_norm(power, 2).item())
    return {
        "eigenvalues": [[z.real, z.imag] for z in values.tolist()],
        "radius": float(np.abs(values[0])),
        "norm": norm,
        "power_norms": powers,
        "bound": [(gamma * norm) ** k for k in range(1, _MOST_STEPS + 1)],
    }


def _chosen(subject: InspectedModel, wishes: Wishes) -> dict[str, Tensor]:
    model = subject.loaded.model
    if wishes.gate is None:
        return candidate_matrices(model)
    gates = model.rnn.cell.gates
    if wishes.gate not in gates:
        raise BadInputError(
            f"the cell {subject.loaded.config.cell} has no gate {wishes.gate!r}",
            f"use --gate with {' or '.join(gates)}",
        )
    matrices = recurrent_matrices(model)
    return {name: W for name, W in matrices.items() if name.endswith(f".{wishes.gate}")}


def _powers_chart(
    name: str, spectrum: dict[str, object], norms: Sequence[float], *, is_bound: bool
) -> Chart:
    """Return a chart over k: ||W^k||, the bound, and the gradient norm measured k steps back."""
    powers, bound = spectrum["power_norms"], spectrum["bound"]
    assert isinstance(powers, list)
    assert isinstance(bound, list)
    # norms[0] is left out: that gradient comes from the head, not through the recurrence.
    first = norms[1] if len(norms) > 1 and norms[1] > 0 else 1.0
    ratios = [norm / first for norm in norms[2 : _MOST_STEPS + 2]]
    curves = (
        ("bound (gamma sigma)^k" if is_bound else "(gamma sigma)^k", bound),
        ("||W^k||", powers),
        ("gradient k steps back", ratios),
    )
    return Chart(
        f"{name}: over k steps",
        "k",
        "",
        tuple(
            Curve(title, tuple(map(float, range(1, len(ys) + 1))), tuple(ys), color)
            for color, (title, ys) in enumerate(curves)
            if ys
        ),
        is_log=True,
    )


def _table(spectra: dict[str, dict[str, object]], gamma: float) -> Table:
    rows = []
    for name, one in spectra.items():
        powers, bound = one["power_norms"], one["bound"]
        assert isinstance(powers, list)
        assert isinstance(bound, list)
        rows.append(
            (
                name,
                f"{one['radius']:.3f}",
                f"{one['norm']:.3f}",
                f"{powers[9]:.3g}",
                f"{bound[9]:.3g}",
                f"{powers[-1]:.3g}",
            )
        )
    header = ("W_hh", "radius", "norm", "||W^10||", "(gamma sigma)^10", f"||W^{_MOST_STEPS}||")
    title = f"recurrent weights; sigma: spectral norm, gamma = {gamma:g}: largest slope"
    return Table(title, header, tuple(rows))


def _over_training(probes: Sequence[ProbeRecord]) -> list[Picture]:
    """Return pictures of the spectral radius and of the norms of the powers at every probe."""
    if len(probes) < 2:
        return []
    xs = tuple(float(record.step) for record in probes)
    names = list(probes[0].radius)
    radii = tuple(
        Curve(name, xs, tuple(_or_nan(record.radius.get(name)) for record in probes), color)
        for color, name in enumerate(names)
    )
    first = [record.powers.get(names[0], []) for record in probes]
    norms = tuple(
        tuple(powers[i] if i < len(powers) else None for powers in first)
        for i in range(len(POWERS))
    )
    return [
        Chart("spectral radius over training", "step", "", radii),
        HeatMap(
            title=f"||W^k|| of {names[0]} over training (Frobenius)",
            rows=tuple(f"k = {k}" for k in POWERS),
            columns=tuple(str(record.step) for record in probes),
            values=norms,
            x_label="step",
            is_log=True,
        ),
    ]


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _sentences(
    spectra: dict[str, dict[str, object]],
    gamma: float,
    bounded: dict[str, bool],
    *,
    is_gated: bool,
) -> tuple[str, ...]:
    if is_gated:
        radii = ", ".join(f"{one['radius']:.2f} ({name})" for name, one in spectra.items())
        return (
            f"Spectral radius {radii}; it does not bound the gradient, which also flows through "
            "the gates.",
        )
    sentences = []
    for name, one in spectra.items():
        norm, radius = one["norm"], one["radius"]
        assert isinstance(norm, float)
        assert isinstance(radius, float)
        if not bounded[name]:
            sentences.append(
                f"{name}: spectral radius {radius:.2f}; it does not bound the gradient, which also "
                "flows through other paths."
            )
        elif gamma * norm < 1:
            sentences.append(
                f"{name}: gamma sigma = {gamma * norm:.2f} < 1: for every input the gradient "
                f"shrinks by at least a factor of {(gamma * norm) ** 10:.2g} in 10 steps."
            )
        else:
            sentences.append(
                f"{name}: gamma sigma = {gamma * norm:.2f} >= 1: the bound does not force the "
                f"gradient to vanish; spectral radius {radius:.2f}."
            )
    return tuple(sentences)
