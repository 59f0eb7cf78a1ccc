"""Runs that differ by their seed alone, as one curve: the mean of the runs, with a band.

The band reaches from the smallest to the largest value. At positions that some runs have not
reached, the mean and the band are those of the other runs.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, takewhile
from math import isfinite, nan

from rnnlab.plots._chart import Chart, Curve, NamedHistory

_END_OF_STEM = re.compile(r"[-_. ]*(s|seed)?[-_. ]*$")
"""The part of a common prefix that belongs to the seeds: `-seed` of gru-seed1, gru-seed2."""


def with_means(chart: Chart, runs: Sequence[NamedHistory]) -> Chart:
    """Return a chart in which the curves of every family of runs are replaced by mean and band."""
    label_of = _labels(runs)
    if not label_of:
        return chart
    of_part: dict[tuple[str, str, str], list[Curve]] = {}
    for curve in chart.curves:
        part = curve.name.removeprefix(curve.run).strip()
        label = label_of.get(curve.run, "")
        of_part.setdefault((label or curve.run, part, label), []).append(curve)
    curves: list[Curve] = []
    for (_, part, label), members in of_part.items():
        curves += _mean_and_band(members, label, part) if label else members
    return replace(chart, curves=tuple(curves))


def _labels(runs: Sequence[NamedHistory]) -> dict[str, str]:
    """Return the name of the mean for every run that has one."""
    families: dict[str, list[str]] = {}
    seeds: dict[str, set[str]] = {}
    for run in runs:
        if run.family is not None:
            families.setdefault(run.family.settings, []).append(run.name)
            seeds.setdefault(run.family.settings, set()).add(run.family.seed)
    labels: dict[str, str] = {}
    for settings, names in families.items():
        if len(names) == len(seeds[settings]) > 1:
            label = f"mean of {len(names)} seeds"
            stem = _END_OF_STEM.sub("", _common_start(names))
            if len(names) < len(runs):
                label = f"{stem or names[0]} {label}"
            labels.update(dict.fromkeys(names, label))
    return labels


def _common_start(names: Sequence[str]) -> str:
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*names, strict=False))
    return "".join(column[0] for column in columns)


def _mean_and_band(curves: Sequence[Curve], label: str, part: str) -> list[Curve]:
    """Return the band and the mean of the same part (train, val) of several runs."""
    xs, values = _on_one_grid(curves)
    rows = [(x, _finite(row) or [nan]) for x, row in zip(xs, values, strict=True)]
    first = curves[0]
    mean = replace(
        first,
        name=f"{label} {part}".strip(),
        run=label,
        xs=tuple(x for x, _ in rows),
        ys=tuple(sum(row) / len(row) for _, row in rows),
    )
    band = replace(
        mean,
        xs=tuple(chain.from_iterable((x, x) for x, _ in rows)),
        ys=tuple(chain.from_iterable((min(row), max(row)) for _, row in rows)),
        style="band",
        is_faint=True,
        is_ghost=True,
    )
    return [mean] if first.is_faint else [band, mean]


def _on_one_grid(curves: Sequence[Curve]) -> tuple[Sequence[float], Iterable[tuple[float, ...]]]:
    """Return the positions of all curves, and at each the values; nan outside of a curve."""
    if all(curve.xs == curves[0].xs for curve in curves):
        return curves[0].xs, zip(*(curve.ys for curve in curves), strict=True)
    grid = sorted({x for curve in curves for x in curve.xs if isfinite(x)})
    return grid, zip(*(_at(curve, grid) for curve in curves), strict=True)


def _at(curve: Curve, grid: Sequence[float]) -> list[float]:
    """Return the values of a curve at ascending positions, interpolated between its points."""
    points = [point for point in zip(curve.xs, curve.ys, strict=True) if all(map(isfinite, point))]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    values: list[float] = []
    after = 0
    for x in grid:
        after = bisect_left(xs, x, after)
        if after == len(xs):
            values.append(nan)
        elif xs[after] == x:
            values.append(ys[after])
        elif after == 0:
            values.append(nan)
        else:
            fraction = (x - xs[after - 1]) / (xs[after] - xs[after - 1])
            values.append(ys[after - 1] + fraction * (ys[after] - ys[after - 1]))
    return values


def _finite(row: Iterable[float]) -> list[float]:
    return [value for value in row if isfinite(value)]
