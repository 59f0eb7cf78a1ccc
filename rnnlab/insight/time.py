"""Gradient through time: the exact gradient norm of the last target's loss, by step and layer.

Source of the question: Hochreiter (1991); Bengio et al. (1994), "Learning long-term dependencies
with gradient descent is difficult".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnlab.insight._subject import InspectedModel, Wishes, check_finite
from rnnlab.insight._through_time import (
    ThroughTime,
    gradient_through_time,
    half_life,
    is_long_enough,
)
from rnnlab.plots import Chart, Curve, Finding, HeatMap, NamedHistory, Picture, Table, brief
from rnnlab.plots import half_life as half_life_plot
from rnnlab.runs.records import ProbeRecord

_LEAST = 5
"""Minimum number of tokens of a text: a half-life needs 4 steps."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return ||dL/dh_t|| by steps back from the last step, half-lives, and both over training."""
    sample = subject.sample(wishes.text, least=_LEAST)
    layers = gradient_through_time(subject.loaded.model, sample)
    for layer in layers:
        check_finite(subject, layer.of_all_T.tolist())
    lives = {layer.name: half_life(layer.of_last_T.tolist()) for layer in layers}
    num_rows, length = sample.tokens_BT.shape
    pictures: list[Picture] = [_curves("||dL/dh|| of the last target's loss", layers, is_last=True)]
    if sample.targets.ndim > 1:  # not documents, which have only one target
        pictures.append(_curves("||dL/dh|| of the mean loss of all targets", layers, is_last=False))
    pictures.append(_table(layers, lives))
    probes = subject.history.probes
    if len(probes) > 1:
        pictures.append(_over_training(probes, layers[0].name))
        named = NamedHistory(subject.name, 0, subject.history)
        pictures.append(half_life_plot.chart([named]))
    return Finding(
        view="time",
        run=subject.name,
        step=subject.loaded.step,
        says=sentences(layers, lives),
        pictures=tuple(pictures),
        figures={
            "sample": {"num_rows": num_rows, "length": length},
            "of_last": {layer.name: layer.of_last_T.tolist() for layer in layers},
            "of_all": {layer.name: layer.of_all_T.tolist() for layer in layers},
            "half_life": lives,
            "steps": [record.step for record in probes],
            "half_life_by_step": [record.half_life for record in probes],
        },
    )


def _curves(title: str, layers: Sequence[ThroughTime], *, is_last: bool) -> Chart:
    curves = []
    for color, layer in enumerate(layers):
        norms = (layer.of_last_T if is_last else layer.of_all_T).tolist()[::-1]
        xs = tuple(map(float, range(len(norms))))
        curves.append(Curve(layer.name, xs, tuple(norms), color))
    return Chart(title, "steps back", "", tuple(curves), is_log=True)


def _table(layers: Sequence[ThroughTime], lives: dict[str, float | None]) -> Table:
    rows = []
    for layer in layers:
        norms = layer.of_last_T.tolist()[::-1]
        places = [min(place, len(norms) - 1) for place in (1, 10, len(norms) - 1)]
        life = lives[layer.name]
        rows.append(
            (
                layer.name,
                _verdict(norms, life),
                *(brief(norms[place]) for place in places),
            )
        )
    header = ("layer", "half-life (steps)", "1 back", "10 back", f"{len(norms) - 1} back")
    return Table("gradient norm of the last target's loss", header, tuple(rows))


def _verdict(norms: Sequence[float], life: float | None) -> str:
    if not is_long_enough(norms):
        return "too few steps"
    if life is None:
        return "does not shrink"
    return f"{life:.2f}" if life else "vanishes at once"


def _over_training(probes: Sequence[ProbeRecord], layer: str) -> HeatMap:
    """Return a heat map of one layer's norms: a row per step back, a column per probe."""
    curves = [record.of_last.get(layer, [])[::-1] for record in probes]
    longest = max(map(len, curves))
    rows = tuple(
        tuple(curve[back] if back < len(curve) else None for curve in curves)
        for back in range(longest)
    )
    few = range(0, longest, max(1, longest // 12))
    return HeatMap(
        title=f"||dL/dh|| in {layer} over training (last target)",
        rows=tuple(f"{back} back" for back in few),
        columns=tuple(str(record.step) for record in probes),
        values=tuple(rows[back] for back in few),
        x_label="step",
        is_log=True,
    )


def sentences(layers: Sequence[ThroughTime], lives: dict[str, float | None]) -> tuple[str, ...]:
    """Return sentences on every layer's half-life and on how much of the gradient is left."""
    lines = _sentences_on_half_lives([layer for layer in layers if lives[layer.name]], lives)
    for layer in layers:
        name, life = layer.name, lives[layer.name]
        norms = layer.of_last_T.tolist()
        length = len(norms)
        if not is_long_enough(norms):
            lines.append(f"In {name} the half-life is unknown: {length} steps are too few.")
        elif life is None:
            lines.append(f"In {name} the gradient does not shrink over {length} steps.")
        elif life == 0.0:
            num_left = max((length - t for t, norm in enumerate(norms) if norm), default=0)
            lines.append(
                f"In {name} the gradient vanishes: it reaches at most {num_left} of {length} steps."
            )
    return tuple(lines)


def _sentences_on_half_lives(
    shrinking: Sequence[ThroughTime], lives: Mapping[str, float | None]
) -> list[str]:
    """Return the sentences on all layers with a half-life.

    In a lower layer the gradient may grow before it shrinks, because it also flows through the
    layers above.
    """
    if not shrinking:
        return []
    back = {layer.name: layer.of_last_T.tolist()[::-1] for layer in shrinking}
    is_alone = len(back) == 1
    num = len(next(iter(back.values())))
    halved = _listed({name: f"{lives[name]:.1f}" for name in back}, is_alone=is_alone)
    ratios = {name: norms[-1] / norms[1] if norms[1] else 0.0 for name, norms in back.items()}
    left = _listed({name: brief(ratio) for name, ratio in ratios.items()}, is_alone=is_alone)
    sentences = [
        f"The gradient halves every {halved} steps back: from 1 step back to {num - 1} steps back "
        f"it changes by a factor of {left}."
    ]
    rising = {
        name: str(norms.index(max(norms)))
        for name, norms in back.items()
        if max(norms[2:]) > 2 * max(norms[:2])
    }
    if rising:
        peak = _listed(rising, is_alone=is_alone)
        sentences.append(
            f"The gradient is largest {peak} steps back and shrinks beyond; the half-lives are "
            "fitted to all steps."
        )
    return sentences


def _listed(values: Mapping[str, str], *, is_alone: bool) -> str:
    """Return every value with the name of its layer; a single value without the name."""
    if is_alone:
        return next(iter(values.values()))
    return ", ".join(f"{value} ({name})" for name, value in values.items())
