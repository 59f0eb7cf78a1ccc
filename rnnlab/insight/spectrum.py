"""Recurrent spectrum: eigenvalues of W_hh, norms of its powers, beside the bound on the gradient.

What comes back from step t + k to step t of a plain network is a product of k factors W_hh^T
diag(f'), so that

    ||dL/dh_t|| <= (gamma sigma)^k ||dL/dh_{t+k}||,  sigma = ||W_hh||, gamma = max |f'|

gamma is 1 for tanh and relu, 1/4 for the sigmoid: below gamma sigma = 1 the gradient must vanish.
That is so in the top layer, where the loss is read from the last state: below it the gradient also
goes back in time through the layers above, and a pooled loss enters at every step.
Source: Pascanu et al. (2013), "On the difficulty of training recurrent neural networks". A gated
cell has other ways back beside this matrix, which no such bound holds: there it is shown for the
candidate alone. Shapes: H hidden units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rnnlab.base.errors import BadInputError
from rnnlab.cells import Cell
from rnnlab.cells.rnn_sigmoid import SigmoidRNN
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
from rnnlab.models import LoadedModel
from rnnlab.plots import Chart, Curve, Finding, HeatMap, Picture, Plane, Table
from rnnlab.runs.records import ProbeRecord

_MOST_STEPS = 40
"""Steps back along which the bound is drawn."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the spectrum of a gate's recurrent weights in every layer: the candidate's if none."""
    loaded = subject.loaded
    model = loaded.model
    check_recurrent(model, loaded.config.cell)
    matrices = _chosen(subject, wishes)
    gamma = slope_bound(model.rnn.cell)
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
        says=_says(spectra, gamma, bounded, is_gated=len(model.rnn.cell.gates) > 1),
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


def slope_bound(cell: Cell[object]) -> float:  # type: ignore[type-var]
    """Return gamma, the steepest slope of what the recurrent sum goes through."""
    return 0.25 if isinstance(cell, SigmoidRNN) else 1.0


def _bounded(loaded: LoadedModel) -> tuple[str, ...]:
    """Return the matrices along whose powers alone the last loss comes back."""
    stack, config = loaded.model.rnn, loaded.config
    if len(stack.cell.gates) > 1 or (config.task == "classify" and config.pooling != "last"):
        return ()
    top = f"l{stack.num_layers - 1}"
    names = (name for name in layer_names(stack) if name.partition("_")[0] == top)
    return tuple(f"{name}.{stack.cell.gates[0]}" for name in names)


def spectrum(W_HH: Tensor, gamma: float) -> dict[str, object]:
    """Return eigenvalues, radius, norm and bound of a matrix, and the norms of its powers."""
    found = eigenvalues(W_HH)
    exact = W_HH.double().cpu()
    norm = torch.linalg.matrix_norm(exact, 2).item()
    powers, power = [], torch.eye(len(exact), dtype=torch.float64)
    for _ in range(_MOST_STEPS):
        power = power @ exact
        powers.append(torch.linalg.matrix_norm(power, 2).item())
    return {
        "eigenvalues": [[z.real, z.imag] for z in found.tolist()],
        "radius": float(np.abs(found[0])),
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
            f"its recurrent weights: {', '.join(gates)}",
        )
    found = recurrent_matrices(model)
    return {name: W for name, W in found.items() if name.endswith(f".{wishes.gate}")}


def _powers_chart(
    name: str, spectrum: dict[str, object], norms: Sequence[float], *, is_bound: bool
) -> Chart:
    """Return ||W^k||, its bound, and what the gradient really does over k steps back."""
    powers, bound = spectrum["power_norms"], spectrum["bound"]
    assert isinstance(powers, list)
    assert isinstance(bound, list)
    # From one step back on: the last state is the one that the head reads.
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
    title = f"recurrent weights; sigma: their norm, gamma = {gamma:g}: the steepest slope"
    return Table(title, header, tuple(rows))


def _over_training(probes: Sequence[ProbeRecord]) -> list[Picture]:
    """Return radius and norms of the powers at every look in training."""
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


def _says(
    spectra: dict[str, dict[str, object]],
    gamma: float,
    bounded: dict[str, bool],
    *,
    is_gated: bool,
) -> tuple[str, ...]:
    if is_gated:
        radii = ", ".join(f"{one['radius']:.2f} ({name})" for name, one in spectra.items())
        return (
            f"Radius {radii}. The gates give the gradient other ways back, so that no bound "
            "follows from it.",
        )
    said = []
    for name, one in spectra.items():
        norm, radius = one["norm"], one["radius"]
        assert isinstance(norm, float)
        assert isinstance(radius, float)
        if not bounded[name]:
            said.append(
                f"{name}: radius {radius:.2f}. The gradient has other ways back beside this "
                "matrix, so that no bound follows from it."
            )
        elif gamma * norm < 1:
            said.append(
                f"{name}: gamma sigma = {gamma * norm:.2f} < 1: whatever is read, the gradient "
                f"shrinks at least to {(gamma * norm) ** 10:.2g} of itself in 10 steps."
            )
        else:
            said.append(
                f"{name}: gamma sigma = {gamma * norm:.2f} >= 1: the bound does not rule out that "
                f"the gradient lasts; radius {radius:.2f}."
            )
    return tuple(said)
