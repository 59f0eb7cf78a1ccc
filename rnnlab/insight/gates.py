"""Gates: how open they stand, how many are stuck at an end, and what each does along a text.

Of a cell without gates (rnn, rnn-sigmoid, rnn-relu) the state itself: near the ends of its range it
no longer moves with what is read. Shapes: B sequences, T tokens, H hidden units.
"""

from __future__ import annotations

from torch import Tensor

from rnnlab.base.errors import BadInputError
from rnnlab.insight._probe import OPEN, SHUT, door_letters, doors, shares_of
from rnnlab.insight._subject import InspectedModel, Wishes, check_finite, tokens_of
from rnnlab.insight._through_time import trace_sample
from rnnlab.insight._units import parse_unit
from rnnlab.plots import Distribution, Finding, HeatMap, Histograms, Picture, Table

_STUCK = 0.9
"""Share of a unit's values at an end from which on it is called stuck."""
_OFTEN = 0.2
"""Share of the values at an end from which on it is said."""
_MOST_LETTERS = 160
"""Letters of a text along which gates are drawn."""


def view(subject: InspectedModel, wishes: Wishes) -> Finding:
    """Return the distribution of every gate, its saturated units, and the gates along a text."""
    model = subject.loaded.model
    letters = door_letters(model.rnn.cell)
    _check_gate(subject, letters, wishes.gate)
    sample = subject.sample(wishes.text)
    values = {
        name: value
        for name, value in doors(model.rnn.cell, trace_sample(model, sample)).items()
        if wishes.gate is None or name.endswith(f".{wishes.gate}")
    }
    check_finite(subject, (value.sum().item() for value in values.values()))
    figures = {name: _figures(value) for name, value in values.items()}
    num_rows, length = sample.tokens_BT.shape
    where = f"{num_rows} held-out sequences of {length}" if wishes.text is None else "the text"
    what = "gates" if letters else "state (no gates), 0 and 1 its ends"
    pictures: list[Picture] = [
        Histograms(f"{what}, on {where}", tuple(_distribution(n, f) for n, f in figures.items())),
        _units_map(values),
        _table(figures),
    ]
    if wishes.text is not None:
        pictures.insert(0, _along(subject, wishes, values))
    return Finding(
        view="gates",
        run=subject.name,
        step=subject.loaded.step,
        says=_says(figures, is_state=not letters),
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
        raise BadInputError(f"the cell {cell} has no gates", "leave --gate out: its state is shown")
    raise BadInputError(f"the cell {cell} has no gate {gate!r}", f"its gates: {', '.join(letters)}")


def _figures(value_BTH: Tensor) -> dict[str, object]:
    flat = value_BTH.flatten(0, 1).float()
    bins, shut, opened = shares_of(value_BTH)
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
    note = f"{figures['shut']:.0%} shut {figures['open']:.0%} open"
    shares = figures["histogram"]
    assert isinstance(shares, list)
    return Distribution(name, tuple(shares), note)


def _units_map(values: dict[str, Tensor]) -> HeatMap:
    """Return for every unit how often it is saturated."""
    rows, shares = [], []
    for name, value_BTH in values.items():
        flat = value_BTH.flatten(0, 1)
        for what, is_there in (("shut", flat < SHUT), ("open", flat > OPEN)):
            rows.append(f"{name} {what}")
            shares.append(tuple(is_there.float().mean(0).tolist()))
    return HeatMap(
        title="share of the tokens at which a unit is saturated",
        rows=tuple(rows),
        columns=tuple(map(str, range(len(shares[0])))),
        values=tuple(shares),
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
    title = f"means over tokens and units; stuck: at an end at {_STUCK:.0%} of the tokens"
    return Table(title, header, tuple(rows))


def _along(subject: InspectedModel, wishes: Wishes, values: dict[str, Tensor]) -> HeatMap:
    """Return every gate at every letter: of one unit, or its mean over the units."""
    loaded = subject.loaded
    ids = subject.with_start(subject.read(wishes.text))[:-1]
    names = tokens_of(loaded, ids)[:_MOST_LETTERS]
    what, rows = "mean over units", {}
    chosen = None if wishes.unit is None else parse_unit(wishes.unit, loaded.model)
    for name, value_BTH in values.items():
        if chosen is None:
            rows[name] = value_BTH[0].mean(1)
        elif name.startswith(f"{chosen.layer}."):
            rows[name] = value_BTH[0, :, chosen.number]
            what = f"unit {chosen.name}"
    return HeatMap(
        title=f"gates along the text ({what})",
        rows=tuple(rows),
        columns=tuple(name.replace("\n", "⏎") for name in names),
        values=tuple(tuple(row_T[: len(names)].tolist()) for row_T in rows.values()),
        low=0.0,
        high=1.0,
    )


def _says(figures: dict[str, dict[str, object]], *, is_state: bool) -> tuple[str, ...]:
    """Return which gates are at an end, and how much of the time in each layer."""
    found: dict[str, list[str]] = {}
    for name, f in figures.items():
        layer, _, gate = name.rpartition(".")
        shut, opened = f["shut"], f["open"]
        assert isinstance(shut, float)
        assert isinstance(opened, float)
        if max(shut, opened) < _OFTEN:
            continue
        what, share = f"Gate {gate} is shut", shut
        if is_state:
            what, share = "The state is saturated", shut + opened
        elif opened >= shut:
            what, share = f"Gate {gate} stands wide open", opened
        found.setdefault(what, []).append(f"{share:.0%} ({layer})")
    said = tuple(f"{what} at {', '.join(shares)} of the time." for what, shares in found.items())
    return said or ("Hardly anything is saturated: all of it still moves with the text.",)
