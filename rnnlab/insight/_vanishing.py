"""The vanishing-gradient lab: cells and depths side by side, from the journals of their runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from rnnlab.insight._between_layers import first_share, layer_norms
from rnnlab.insight._columns import TokenColumns, columns_of
from rnnlab.insight._through_time import is_long_enough
from rnnlab.plots import Chart, Curve, Finding, HeatMap, Picture, Table, brief, on_one_scale
from rnnlab.runs.history import History

_LAST_PROBES = 3
"""Looks at the end whose median half-life counts: a single one moves with its step."""


@dataclass(frozen=True)
class Member:
    """One run of the lab."""

    name: str
    cell: str
    layers: int
    history: History


@dataclass(frozen=True)
class _Measured:
    """What a run's journal says of its layers."""

    member: Member
    columns: TokenColumns
    norms: tuple[tuple[float | None, ...], ...]
    """For each layer, the one that reads the tokens first, a mean norm for each column."""
    share: float | None
    """First layer's norm over the top one's, geometric mean over all records."""
    first_life: float | None
    """Half-life through time in the first layer; 0: gone at once; None: it does not fade, or
    nothing is known."""
    top_life: float | None

    @property
    def has_looks(self) -> bool:
        """Whether any look through time could tell a half-life."""
        return any(is_long_enough(r.of_last.get("l0", ())) for r in self.member.history.probes)

    @property
    def steps(self) -> int:
        """Steps taken so far."""
        train = self.member.history.train
        return train[-1].step if train else 0

    @property
    def loss(self) -> float | None:
        """Mean training loss of the last tenth of the run."""
        losses = [r.train_loss for r in self.member.history.train if r.train_loss is not None]
        return fmean(losses[-max(len(losses) // 10, 1) :]) if losses else None


def vanishing(members: Sequence[Member], recipe: str = "vanishing") -> Finding:
    """Return table, heat maps, curves and what is seen, of runs that took equally many steps."""
    found = [_measure(member) for member in members]
    cells = list(dict.fromkeys(member.cell for member in members))
    steps = max((one.steps for one in found), default=0)
    by_cell = [[one for one in found if one.member.cell == cell] for cell in cells]
    pictures: list[Picture] = [_table(found, steps)]
    # One scale, so that a shade is the same norm in every cell.
    pictures += on_one_scale([heat for group in by_cell if (heat := _heat(group)) is not None])
    compared = _comparable(found, cells)
    pictures.append(_through_time(compared))
    return Finding(
        view="vanishing",
        run=recipe,
        step=steps,
        says=_says(compared, steps),
        pictures=tuple(pictures),
        figures={
            "runs": [
                {
                    "run": one.member.name,
                    "cell": one.member.cell,
                    "layers": one.member.layers,
                    "steps": one.steps,
                    "first_over_last": one.share,
                    "half_life_first": one.first_life,
                    "half_life_last": one.top_life,
                    "train_loss": one.loss,
                    "columns": one.columns.names,
                    "norms": one.norms,
                }
                for one in found
            ]
        },
    )


def _measure(member: Member) -> _Measured:
    history = member.history
    by_step = [(r.step, norms) for r in history.layers if (norms := layer_norms(r.grad_norms))]
    columns = columns_of(history)
    table: dict[int, dict[str, list[float]]] = {}
    shares = []
    for step, norms in by_step:
        for layer, norm in norms.items():
            table.setdefault(layer, {}).setdefault(columns.of_step.get(step, ""), []).append(norm)
        if share := first_share(norms):
            shares.append(math.log(share))
    return _Measured(
        member,
        columns,
        tuple(
            tuple(fmean(row[column]) if column in row else None for column in columns.names)
            for _, row in sorted(table.items())
        ),
        math.exp(fmean(shares)) if shares else None,
        _life(history, 0),
        _life(history, member.layers - 1),
    )


def _life(history: History, layer: int) -> float | None:
    lives = [record.half_life.get(f"l{layer}") for record in history.probes[-_LAST_PROBES:]]
    known = [life for life in lives if life is not None]
    return median(known) if known else None


def _table(found: Sequence[_Measured], steps: int) -> Table:
    rows = [
        (
            f"{one.member.cell} x {one.member.layers}",
            *(brief(row[-1]) if row and row[-1] is not None else "–" for row in _ends(one)),  # noqa: RUF001
            _figure(one.share),
            _figure(one.first_life),
            _figure(one.top_life),
            _figure(one.loss),
        )
        for one in found
    ]
    header = (
        "cell x depth", "norm first", "last", "mean ratio", "half-life first", "last", "loss",
    )  # fmt: skip
    return Table(
        f"W_hh's gradient norm at the end, mean ratio, half-lives; {steps} steps",
        header,
        tuple(rows),
    )


def _ends(one: _Measured) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    return (one.norms[0], one.norms[-1]) if one.norms else ((), ())


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"  # noqa: RUF001


def _heat(group: Sequence[_Measured]) -> HeatMap | None:
    """Return the norms of all layers of all depths of a cell."""
    longest = max((one.columns for one in group), key=lambda columns: len(columns.names))
    if not longest.names:
        return None
    rows, values = [], []
    for one in group:
        known = {name: i for i, name in enumerate(one.columns.names)}
        for layer, norms in enumerate(one.norms):
            rows.append(f"x{one.member.layers} l{layer}")
            values.append(
                tuple(norms[known[name]] if name in known else None for name in longest.names)
            )
    return HeatMap(
        title=f"{group[0].member.cell}: gradient norm of W_hh by layer",
        rows=tuple(rows),
        columns=longest.names,
        values=tuple(values),
        x_label=longest.label,
        is_log=True,
    )


def _comparable(found: Sequence[_Measured], cells: Sequence[str]) -> list[_Measured]:
    """Return the run of every cell at the greatest depth of which all of them have norms."""
    begun = [one for one in found if one.norms]
    depths = [{one.member.layers for one in begun if one.member.cell == cell} for cell in cells]
    common = set.intersection(*depths) if depths else set()
    by_cell = {one.member.cell: one for one in begun if one.member.layers == max(common, default=0)}
    return list(by_cell.values())


def _through_time(compared: Sequence[_Measured]) -> Chart:
    curves = []
    for color, one in enumerate(compared):
        probes = one.member.history.probes
        norms = (probes[-1].of_last.get("l0") or [])[::-1] if probes else []
        ys = tuple(math.nan if norm is None else norm for norm in norms)
        if ys:
            name = f"{one.member.cell} x {one.member.layers}"
            curves.append(Curve(name, tuple(map(float, range(len(ys)))), ys, color))
    return Chart(
        "||dL/dh|| of the last loss in the first layer, at the end",
        "steps back",
        "",
        tuple(curves),
        empty="no look through time yet",
        is_log=True,
    )


def _says(compared: Sequence[_Measured], steps: int) -> tuple[str, ...]:
    """Return what is seen between layers and through time, of runs of the same depth."""
    if not compared:
        return ("Nothing can be compared yet: no depth is there for every cell.",)
    depth = compared[0].member.layers
    here = {one.member.cell: one for one in compared}
    said = []
    late = [f"{cell} has taken {one.steps}" for cell, one in here.items() if one.steps < steps]
    if late:
        said.append(f"Of {steps} steps {', '.join(late)}: what follows will change.")
    shares = {cell: one.share for cell, one in here.items() if one.share is not None}
    if depth > 1 and shares:
        listed = ", ".join(f"{share:.3g} ({cell})" for cell, share in shares.items())
        least = min(shares, key=lambda cell: shares[cell])
        most = max(shares, key=lambda cell: shares[cell])
        order = f": it fades most in {least}, least in {most}" if len(shares) > 1 else ""
        said.append(
            f"At depth {depth} the first layer's gradient is {listed} times the last one's{order}."
        )
    said += _says_of_time(here)
    losses = ", ".join(
        f"{one.loss:.3g} ({cell})" for cell, one in here.items() if one.loss is not None
    )
    if losses:
        said.append(
            f"Their training losses at the end: {losses}; a net that has not begun to learn "
            "says little of its cell."
        )
    return tuple(said)


def _says_of_time(here: dict[str, _Measured]) -> list[str]:
    """Return how far back the gradient reaches in the first layer of each cell."""
    said = []
    lives = {cell: one.first_life for cell, one in here.items() if one.first_life}
    if lives:
        listed = ", ".join(f"{life:.1f} steps ({cell})" for cell, life in lives.items())
        shortest = min(lives, key=lambda cell: lives[cell])
        longest = max(lives, key=lambda cell: lives[cell])
        farther = f"{lives[longest] / lives[shortest]:.1f} times as far back as in {shortest}"
        order = f": in {longest} it reaches {farther}" if len(lives) > 1 else ""
        said.append(f"Through time it halves every {listed}{order}.")
    gone = [cell for cell, one in here.items() if one.first_life == 0.0]
    if gone:
        said.append(f"Through time it is gone within the window in {', '.join(gone)}.")
    unfading = [c for c, one in here.items() if one.first_life is None and one.has_looks]
    if unfading:
        said.append(f"Through time it does not fade over the window in {', '.join(unfading)}.")
    unknown = [c for c, one in here.items() if one.first_life is None and not one.has_looks]
    if unknown:
        said.append(f"How far back it reaches in {', '.join(unknown)} is not known: no look yet.")
    return said
