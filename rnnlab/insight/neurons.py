"""Neurons: a text shaded by one unit, and the units that best predict a property of characters.

Source: Karpathy et al. (2015), "Visualizing and understanding recurrent networks". Shapes: T
tokens, H hidden units.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor

from rnnlab.corpora import Ids
from rnnlab.inference import LoadedModel
from rnnlab.insight._properties import Flags, predictiveness, property_of, usual_property
from rnnlab.insight._subject import InspectedModel, Wishes, around, check_finite, tokens_of
from rnnlab.insight._units import Unit, activations, parse_unit
from rnnlab.plots import Finding, Picture, ShadedText, Table

_MOST = 4000
"""Maximum number of tokens of the text."""
_SHOWN = 320
"""Maximum number of tokens of the shaded text."""
_NUM_RANKED = 10
_NUM_PEAKS = 8
_AROUND = 14
"""Number of characters shown on either side of a peak."""
_LEAST = 8


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return a unit's activations along a text, its peaks, and the units ranked by a property."""
    loaded = subject.loaded
    ids = subject.read(wishes.text, least=_LEAST, most=_MOST)
    tokens = tokens_of(loaded, ids)
    by_layer = _activations(loaded, subject, ids)
    check_finite(subject, (float(h_TH.sum()) for h_TH in by_layer.values()))
    name = wishes.property or usual_property(tokens)
    flags_T = property_of(name, tokens)
    ranked = _ranked(by_layer, flags_T)
    unit = ranked[0][0] if wishes.unit is None else parse_unit(wishes.unit, loaded.model)
    values_T = by_layer[unit.layer][:, unit.number]
    scores = dict(ranked)
    peaks = _peaks(values_T, tokens)
    pictures: tuple[Picture, ...] = (
        _shaded(f"{unit.name} after every {subject.noun}", values_T, tokens),
        Table(
            f"units that best predict {name!r}",
            ("unit", "score", "higher on tokens"),
            tuple(
                (one.name, f"{score:+.3f}", "with the property" if score > 0 else "without it")
                for one, score in ranked[:_NUM_RANKED]
            ),
        ),
        Table(
            f"peaks of {unit.name}",
            (f"context, the {subject.noun} in brackets", "value"),
            tuple((around, f"{value:+.3f}") for _, around, value in peaks),
        ),
    )
    return Finding(
        view="neurons",
        run=subject.name,
        step=loaded.step,
        says=(
            f"{ranked[0][0].name} predicts {name!r} best of all {len(ranked)} units: "
            f"score {ranked[0][1]:+.2f} (0: chance, 1 and -1: perfect)"
            f"{_count(flags_T, subject)}.",
            f"{unit.name}: score {scores[unit]:+.2f}; its values on this text range from "
            f"{values_T.min():+.2f} to {values_T.max():+.2f}.",
        ),
        pictures=pictures,
        figures={
            "unit": unit.name,
            "property": name,
            "tokens": list(tokens),
            "values": values_T.tolist(),
            "ranking": [{"unit": one.name, "score": score} for one, score in ranked],
            "peaks": [
                {"place": place, "around": around, "value": value} for place, around, value in peaks
            ],
        },
        units=tuple(one.name for one, _ in ranked),
    )


def _activations(
    loaded: LoadedModel, subject: InspectedModel, ids: Ids
) -> dict[str, npt.NDArray[np.float64]]:
    """Return layer -> h [T, H], without the row of the EOS that a sentence model reads first."""
    inputs = subject.with_start(ids)
    num_skipped = len(inputs) - len(ids)
    by_layer: dict[str, Tensor] = activations(loaded.model, inputs)
    return {name: h_TH[num_skipped:].double().cpu().numpy() for name, h_TH in by_layer.items()}


def _ranked(
    by_layer: dict[str, npt.NDArray[np.float64]], flags_T: Flags
) -> list[tuple[Unit, float]]:
    """Return all units with their scores for a property, sorted by falling magnitude."""
    scored = [
        (Unit(layer, number), float(score))
        for layer, values_TH in by_layer.items()
        for number, score in enumerate(predictiveness(values_TH, flags_T))
    ]
    return sorted(scored, key=lambda item: (-abs(item[1]), item[0]))


def _count(flags_T: Flags, subject: InspectedModel) -> str:
    """Return a clause on the number of tokens with a property; empty for a numeric property.

    The number is a warning: by chance, many units predict a property of one or two tokens.
    """
    if not set(flags_T.tolist()) <= {0.0, 1.0}:
        return ""
    return f"; {int(flags_T.sum()):,} of {len(flags_T):,} {subject.noun}s have the property"


def _shaded(title: str, values_T: npt.NDArray[np.float64], tokens: tuple[str, ...]) -> ShadedText:
    """Return the text shaded by a unit's values, scaled to a largest magnitude of 1."""
    shown = values_T[:_SHOWN]
    size = float(np.abs(shown).max()) or 1.0
    more = f", the first {_SHOWN} tokens" if len(values_T) > _SHOWN else ""
    return ShadedText(
        title=f"{title}{more}",
        tokens=tokens[:_SHOWN],
        shades=tuple((shown / size).tolist()),
        high=f"{size:+.2f}",
        low=f"{-size:+.2f}",
    )


def _peaks(
    values_T: npt.NDArray[np.float64], tokens: tuple[str, ...]
) -> list[tuple[int, str, float]]:
    """Return the highest values of a unit, not too close together: position, context, value."""
    chosen: list[int] = []
    for place in np.argsort(-values_T, kind="stable").tolist():
        if all(abs(place - other) > _AROUND // 2 for other in chosen):
            chosen.append(place)
        if len(chosen) == _NUM_PEAKS:
            break
    return [
        (place, around(tokens, place, _AROUND, _AROUND), float(values_T[place])) for place in chosen
    ]
