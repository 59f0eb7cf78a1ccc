"""The vanishing-gradient lab: compares cells and depths by the journals of their runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from rnnlab.insight._between_layers import first_to_top, layer_norms
from rnnlab.insight._columns import TokenColumns, columns_of
from rnnlab.insight._through_time import is_long_enough
from rnnlab.plots import Chart, Curve, Finding, HeatMap, Picture, Table, brief, on_one_scale
from rnnlab.runs.history import History

_LAST_PROBES = 3
"""Number of last probes whose median is the half-life of a run; a single probe is noisy."""


@dataclass(frozen=True)
class Member:
    """One run of the lab."""

    name: str
    cell: str
    layers: int
    history: History


@dataclass(frozen=True)
class _Measured:
    """Gradient norms and half-lives of a run, from its journal."""

    member: Member
    columns: TokenColumns
    norms: tuple[tuple[float | None, ...], ...]
    """Mean gradient norm of each layer, from the lowest up, in each column."""
    ratio: float | None
    """First layer's norm divided by the top layer's: geometric mean over all records."""
    first_life: float | None
    """Half-life of the gradient in the first layer, in steps; 0 if it vanishes at once, None if it
    does not shrink or is unknown."""
    top_life: float | None
    """Half-life of the gradient in the top layer, likewise."""

    @property
    def has_probes(self) -> bool:
        """Whether a probe was long enough for a half-life."""
        return any(is_long_enough(r.of_last.get("l0", ())) for r in self.member.history.probes)

    @property
    def steps(self) -> int:
        """Number of steps so far."""
        train = self.member.history.train
        return train[-1].step if train else 0

    @property
    def loss(self) -> float | None:
        """Mean training loss of the last tenth of the run."""
        losses = [r.train_loss for r in self.member.history.train if r.train_loss is not None]
        return fmean(losses[-max(len(losses) // 10, 1) :]) if losses else None


def vanishing(members: Sequence[Member], recipe: str = "vanishing") -> Finding:
    """Return the finding for runs with the same number of steps: pictures and sentences."""
    measured = [_measure(member) for member in members]
    cells = list(dict.fromkeys(member.cell for member in members))
    steps = max((one.steps for one in measured), default=0)
    by_cell = [[one for one in measured if one.member.cell == cell] for cell in cells]
    pictures: list[Picture] = [_table(measured, steps)]
    # One scale for all heat maps: a shade means the same norm for every type of cell.
    pictures += on_one_scale([heat for group in by_cell if (heat := _heat(group)) is not None])
    compared = _comparable(measured, cells)
    pictures.append(_through_time(compared))
    return Finding(
        view="vanishing",
        run=recipe,
        step=steps,
        says=_sentences(compared, steps),
        pictures=tuple(pictures),
        figures={
            "runs": [
                {
                    "run": one.member.name,
                    "cell": one.member.cell,
                    "layers": one.member.layers,
                    "steps": one.steps,
                    "first_over_last": one.ratio,
                    "half_life_first": one.first_life,
                    "half_life_last": one.top_life,
                    "train_loss": one.loss,
                    "columns": one.columns.names,
                    "norms": one.norms,
                }
                for one in measured
            ]
        },
    )


def _measure(member: Member) -> _Measured:
    history = member.history
    by_step = [(r.step, norms) for r in history.layers if (norms := layer_norms(r.grad_norms))]
    columns = columns_of(history)
    table: dict[int, dict[str, list[float]]] = {}
    log_ratios = []
    for step, norms in by_step:
        for layer, norm in norms.items():
            table.setdefault(layer, {}).setdefault(columns.of_step.get(step, ""), []).append(norm)
        if ratio := first_to_top(norms):
            log_ratios.append(math.log(ratio))
    return _Measured(
        member,
        columns,
        tuple(
            tuple(fmean(row[column]) if column in row else None for column in columns.names)
            for _, row in sorted(table.items())
        ),
        math.exp(fmean(log_ratios)) if log_ratios else None,
        _life(history, 0),
        _life(history, member.layers - 1),
    )


def _life(history: History, layer: int) -> float | None:
    lives = [record.half_life.get(f"l{layer}") for record in history.probes[-_LAST_PROBES:]]
    known = [life for life in lives if life is not None]
    return median(known) if known else None


def _table(measured: Sequence[_Measured], steps: int) -> Table:
    rows = [
        (
            f"{one.member.cell} x {one.member.layers}",
            *(brief(row[-1]) if row and row[-1] is not None else "–" for row in _ends(one)),  # noqa: RUF001
            _figure(one.ratio),
            _figure(one.first_life),
            _figure(one.top_life),
            _figure(one.loss),
        )
        for one in measured
    ]
    header = (
        "cell x depth", "norm first", "top", "mean ratio", "half-life first", "top", "loss",
    )  # fmt: skip
    return Table(
        f"gradient norm of W_hh at the end, mean ratio first/top, half-lives; {steps} steps",
        header,
        tuple(rows),
    )


def _ends(one: _Measured) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    return (one.norms[0], one.norms[-1]) if one.norms else ((), ())


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"  # noqa: RUF001


def _heat(group: Sequence[_Measured]) -> HeatMap | None:
    """Return a heat map of one cell's norms, by depth and layer; None if no norms are recorded."""
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


def _comparable(measured: Sequence[_Measured], cells: Sequence[str]) -> list[_Measured]:
    """Return one run per cell, at the greatest depth at which all cells have norms."""
    with_norms = [one for one in measured if one.norms]
    depths = [
        {one.member.layers for one in with_norms if one.member.cell == cell} for cell in cells
    ]
    common = set.intersection(*depths) if depths else set()
    by_cell = {
        one.member.cell: one for one in with_norms if one.member.layers == max(common, default=0)
    }
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
        "||dL/dh|| of the last target's loss in the first layer, last probe",
        "steps back",
        "",
        tuple(curves),
        empty="no probe yet",
        is_log=True,
    )


def _sentences(compared: Sequence[_Measured], steps: int) -> tuple[str, ...]:
    """Return sentences on the gradient across layers and through time, for runs of one depth."""
    if not compared:
        return ("No comparison yet: no depth has gradient norms for every cell.",)
    depth = compared[0].member.layers
    by_cell = {one.member.cell: one for one in compared}
    sentences = []
    late = [f"{cell} {one.steps}" for cell, one in by_cell.items() if one.steps < steps]
    if late:
        sentences.append(
            f"Preliminary: not all runs have completed {steps} steps ({', '.join(late)})."
        )
    ratios = {cell: one.ratio for cell, one in by_cell.items() if one.ratio is not None}
    if depth > 1 and ratios:
        listed = ", ".join(f"{ratio:.3g} ({cell})" for cell, ratio in ratios.items())
        least = min(ratios, key=lambda cell: ratios[cell])
        most = max(ratios, key=lambda cell: ratios[cell])
        order = f": it shrinks most in {least}, least in {most}" if len(ratios) > 1 else ""
        sentences.append(
            f"At depth {depth} the first layer's gradient is {listed} times the top layer's{order}."
        )
    sentences += _sentences_on_time(by_cell)
    losses = ", ".join(
        f"{one.loss:.3g} ({cell})" for cell, one in by_cell.items() if one.loss is not None
    )
    if losses:
        sentences.append(
            f"Training losses at the end: {losses}; the result of a network that has not begun to "
            "learn is not representative of its cell."
        )
    return tuple(sentences)


def _sentences_on_time(by_cell: dict[str, _Measured]) -> list[str]:
    """Return sentences on how far back the gradient reaches in each cell's first layer."""
    sentences = []
    lives = {cell: one.first_life for cell, one in by_cell.items() if one.first_life}
    if lives:
        listed = ", ".join(f"{life:.1f} steps ({cell})" for cell, life in lives.items())
        shortest = min(lives, key=lambda cell: lives[cell])
        longest = max(lives, key=lambda cell: lives[cell])
        farther = f"{lives[longest] / lives[shortest]:.1f} times as far back as in {shortest}"
        order = f": in {longest} it reaches {farther}" if len(lives) > 1 else ""
        sentences.append(f"Through time the gradient halves every {listed}{order}.")
    vanished = [cell for cell, one in by_cell.items() if one.first_life == 0.0]
    if vanished:
        sentences.append(
            f"Through time the gradient vanishes within the window in {', '.join(vanished)}."
        )
    lasting = [c for c, one in by_cell.items() if one.first_life is None and one.has_probes]
    if lasting:
        sentences.append(
            f"Through time the gradient does not shrink within the window in {', '.join(lasting)}."
        )
    unknown = [c for c, one in by_cell.items() if one.first_life is None and not one.has_probes]
    if unknown:
        sentences.append(f"The half-life is unknown in {', '.join(unknown)}: no probe yet.")
    return sentences
