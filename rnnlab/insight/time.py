"""Gradient through time: how much of the last loss reaches each step, layer by layer, exactly.

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
"""Tokens below which a half-life means nothing."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return ||dL/dh_t|| over the steps back from the last, its half-life, and their movement."""
    sample = subject.sample(wishes.text, least=_LEAST)
    found = gradient_through_time(subject.loaded.model, sample)
    for layer in found:
        check_finite(subject, layer.of_all_T.tolist())
    lives = {layer.name: half_life(layer.of_last_T.tolist()) for layer in found}
    num_rows, length = sample.tokens_BT.shape
    pictures: list[Picture] = [_curves("||dL/dh|| of the last target's loss", found, is_last=True)]
    if sample.targets.ndim > 1:  # a document has one target alone
        pictures.append(_curves("||dL/dh|| of the mean loss of all targets", found, is_last=False))
    pictures.append(_table(found, lives))
    probes = subject.history.probes
    if len(probes) > 1:
        pictures.append(_movement(probes, found[0].name))
        named = NamedHistory(subject.name, 0, subject.history)
        pictures.append(half_life_plot.chart([named]))
    return Finding(
        view="time",
        run=subject.name,
        step=subject.loaded.step,
        says=sentences(found, lives),
        pictures=tuple(pictures),
        figures={
            "sample": {"num_rows": num_rows, "length": length},
            "of_last": {layer.name: layer.of_last_T.tolist() for layer in found},
            "of_all": {layer.name: layer.of_all_T.tolist() for layer in found},
            "half_life": lives,
            "steps": [record.step for record in probes],
            "half_life_by_step": [record.half_life for record in probes],
        },
    )


def _curves(title: str, found: Sequence[ThroughTime], *, is_last: bool) -> Chart:
    curves = []
    for color, layer in enumerate(found):
        norms = (layer.of_last_T if is_last else layer.of_all_T).tolist()[::-1]
        xs = tuple(map(float, range(len(norms))))
        curves.append(Curve(layer.name, xs, tuple(norms), color))
    return Chart(title, "steps back", "", tuple(curves), is_log=True)


def _table(found: Sequence[ThroughTime], lives: dict[str, float | None]) -> Table:
    rows = []
    for layer in found:
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
    return Table("the last loss, steps back", header, tuple(rows))


def _verdict(norms: Sequence[float], life: float | None) -> str:
    if not is_long_enough(norms):
        return "too short to tell"
    if life is None:
        return "does not fade"
    return f"{life:.2f}" if life else "gone at once"


def _movement(probes: Sequence[ProbeRecord], layer: str) -> HeatMap:
    """Return how far back the last loss reached at every look in training."""
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


def sentences(found: Sequence[ThroughTime], lives: dict[str, float | None]) -> tuple[str, ...]:
    """Return the half-life of every layer, and what is left of the gradient as it was measured."""
    said = _says_of_fading([layer for layer in found if lives[layer.name]], lives)
    for layer in found:
        name, life = layer.name, lives[layer.name]
        norms = layer.of_last_T.tolist()
        length = len(norms)
        if not is_long_enough(norms):
            said.append(f"In {name} nothing can be said: {length} steps are too few.")
        elif life is None:
            said.append(f"In {name} the gradient does not fade over {length} steps.")
        elif life == 0.0:
            num_left = max((length - t for t, norm in enumerate(norms) if norm), default=0)
            said.append(
                f"In {name} the gradient is gone: it reaches {num_left} of {length} steps at most."
            )
    return tuple(said)


def _says_of_fading(fading: Sequence[ThroughTime], lives: Mapping[str, float | None]) -> list[str]:
    """Return what is said of the layers that have a half-life, in sentences that they share.

    Below other layers the gradient may grow before it fades: it comes back through these, too.
    """
    if not fading:
        return []
    back = {layer.name: layer.of_last_T.tolist()[::-1] for layer in fading}
    is_alone = len(back) == 1
    num = len(next(iter(back.values())))
    halved = _listed({name: f"{lives[name]:.1f}" for name in back}, is_alone=is_alone)
    shares = {name: norms[-1] / norms[1] if norms[1] else 0.0 for name, norms in back.items()}
    left = _listed({name: brief(share) for name, share in shares.items()}, is_alone=is_alone)
    said = [
        f"The gradient halves every {halved} steps on its way back: of what is there after one, "
        f"{left} is left {num - 2} steps further back."
    ]
    rising = {
        name: str(norms.index(max(norms)))
        for name, norms in back.items()
        if max(norms[2:]) > 2 * max(norms[:2])
    }
    if rising:
        peak = _listed(rising, is_alone=is_alone)
        said.append(
            f"It is largest {peak} steps back, and fades from there on; half-lives are of the line "
            "through all steps."
        )
    return said


def _listed(values: Mapping[str, str], *, is_alone: bool) -> str:
    """Return values with the names of their layers; that of the only layer without."""
    if is_alone:
        return next(iter(values.values()))
    return ", ".join(f"{value} ({name})" for name, value in values.items())
