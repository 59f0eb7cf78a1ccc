"""Gates: how open they are, how many units are saturated, and their values along a text.

For a cell without gates (rnn, rnn-sigmoid, rnn-relu), the view shows its state, which is saturated
near the bounds of its range. Shapes: B sequences, T tokens, H hidden units.
"""

from __future__ import annotations

from torch import Tensor

from rnnlab.base.errors import BadInputError
from rnnlab.insight._probe import OPEN, SHUT, gate_activations, gate_letters, saturation
from rnnlab.insight._subject import InspectedModel, Wishes, check_finite, tokens_of
from rnnlab.insight._through_time import trace_sample
from rnnlab.insight._units import parse_unit
from rnnlab.plots import Distribution, Finding, HeatMap, Histograms, Picture, Table

_STUCK = 0.9
"""Fraction of closed values, or of open values, from which a unit counts as stuck."""
_OFTEN = 0.2
"""Fraction of closed values, or of open values, from which a sentence mentions a gate."""
_MOST_TOKENS = 160
"""Maximum number of tokens in the heat map along a text."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the distribution of every gate, its saturated units, and the gates along a text."""
    model = subject.loaded.model
    letters = gate_letters(model.rnn.cell)
    _check_gate(subject, letters, wishes.gate)
    sample = subject.sample(wishes.text)
    values = {
        name: value
        for name, value in gate_activations(model.rnn.cell, trace_sample(model, sample)).items()
        if wishes.gate is None or name.endswith(f".{wishes.gate}")
    }
    check_finite(subject, (value.sum().item() for value in values.values()))
    figures = {name: _figures(value) for name, value in values.items()}
    num_rows, length = sample.tokens_BT.shape
    source = "the text"
    if wishes.text is None:
        source = f"{num_rows} validation sequences of {length} tokens"
    subjects = "gates" if letters else "state (no gates), scaled to 0 ... 1"
    pictures: list[Picture] = [
        Histograms(
            f"{subjects}, on {source}", tuple(_distribution(n, f) for n, f in figures.items())
        ),
        _units_map(values),
        _table(figures),
    ]
    if wishes.text is not None:
        pictures.insert(0, _along(subject, wishes, values))
    return Finding(
        view="gates",
        run=subject.name,
        step=subject.loaded.step,
        says=_sentences(figures, is_state=not letters),
        pictures=tuple(pictures),
        figures={
            "sample": {"num_rows": num_rows, "length": length},
            "is_state": not letters,
            "gates": figures,
        },
    )


def _check_gate(subject: InspectedModel, letters: tuple[str, ...], gate: str | None) -> None:
    if gate is None or gate in letters:
        return
    cell = subject.loaded.config.cell
    if not letters:
        raise BadInputError(f"the cell {cell} has no gates", "omit --gate to see its state")
    raise BadInputError(
        f"the cell {cell} has no gate {gate!r}", f"use --gate with {' or '.join(letters)}"
    )


def _figures(value_BTH: Tensor) -> dict[str, object]:
    flat = value_BTH.flatten(0, 1).float()
    bins, shut, opened = saturation(value_BTH)
    shut_H, open_H = (flat < SHUT).float().mean(0), (flat > OPEN).float().mean(0)
    return {
        "mean": flat.mean().item(),
        "shut": shut,
        "open": opened,
        "histogram": bins,
        "unit_shut": shut_H.tolist(),
        "unit_open": open_H.tolist(),
        "stuck_units": int(((shut_H >= _STUCK) | (open_H >= _STUCK)).sum()),
    }


def _distribution(name: str, figures: dict[str, object]) -> Distribution:
    note = f"{figures['shut']:.0%} closed {figures['open']:.0%} open"
    fractions = figures["histogram"]
    assert isinstance(fractions, list)
    return Distribution(name, tuple(fractions), note)


def _units_map(values: dict[str, Tensor]) -> HeatMap:
    """Return a heat map: the fractions of tokens at which each unit is closed, and open."""
    rows, fractions = [], []
    for name, value_BTH in values.items():
        flat = value_BTH.flatten(0, 1)
        for label, is_saturated in (("closed", flat < SHUT), ("open", flat > OPEN)):
            rows.append(f"{name} {label}")
            fractions.append(tuple(is_saturated.float().mean(0).tolist()))
    return HeatMap(
        title="fraction of tokens at which a unit is saturated",
        rows=tuple(rows),
        columns=tuple(map(str, range(len(fractions[0])))),
        values=tuple(fractions),
        x_label="unit",
        low=0.0,
        high=1.0,
    )


def _table(figures: dict[str, dict[str, object]]) -> Table:
    rows = [
        (name, *(f"{f[key]:.3f}" for key in ("mean", "shut", "open")), str(f["stuck_units"]))
        for name, f in figures.items()
    ]
    header = ("gate", "mean", f"below {SHUT}", f"above {OPEN}", "stuck units")
    title = f"means over tokens and units; stuck: closed, or open, at {_STUCK:.0%} of the tokens"
    return Table(title, header, tuple(rows))


def _along(subject: InspectedModel, wishes: Wishes, values: dict[str, Tensor]) -> HeatMap:
    """Return a heat map of the gates at every token, for one unit or as the mean over the units."""
    loaded = subject.loaded
    ids = subject.with_start(subject.read(wishes.text))[:-1]
    names = tokens_of(loaded, ids)[:_MOST_TOKENS]
    source, rows = "mean over units", {}
    chosen = None if wishes.unit is None else parse_unit(wishes.unit, loaded.model)
    for name, value_BTH in values.items():
        if chosen is None:
            rows[name] = value_BTH[0].mean(1)
        elif name.startswith(f"{chosen.layer}."):
            rows[name] = value_BTH[0, :, chosen.number]
            source = f"unit {chosen.name}"
    return HeatMap(
        title=f"gates along the text ({source})",
        rows=tuple(rows),
        columns=tuple(name.replace("\n", "⏎") for name in names),
        values=tuple(tuple(row_T[: len(names)].tolist()) for row_T in rows.values()),
        low=0.0,
        high=1.0,
    )


def _sentences(figures: dict[str, dict[str, object]], *, is_state: bool) -> tuple[str, ...]:
    """Return sentences on the gates that are often closed or open, with the fraction per layer."""
    by_claim: dict[str, list[str]] = {}
    for name, f in figures.items():
        layer, _, gate = name.rpartition(".")
        shut, opened = f["shut"], f["open"]
        assert isinstance(shut, float)
        assert isinstance(opened, float)
        if max(shut, opened) < _OFTEN:
            continue
        claim, fraction = f"Gate {gate} is closed (below {SHUT})", shut
        if is_state:
            claim, fraction = "The state is saturated", shut + opened
        elif opened >= shut:
            claim, fraction = f"Gate {gate} is open (above {OPEN})", opened
        by_claim.setdefault(claim, []).append(f"{fraction:.0%} of its values in {layer}")
    sentences = tuple(
        f"{claim} for {', '.join(fractions)}." for claim, fractions in by_claim.items()
    )
    return sentences or ("Few values are saturated: the gates still react to the text.",)
