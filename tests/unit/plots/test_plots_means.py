"""Runs that differ by their seed alone are one curve with a band."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

from rnnlab.plots import (
    Chart,
    Curve,
    DrawStyle,
    NamedHistory,
    Viewport,
    charts_of,
    draw,
    looked_at,
)
from rnnlab.plots._means import with_means
from rnnlab.runs.history import History
from rnnlab.runs.records import TrainRecord
from rnnlab.runs.run import Family
from tests.toys.numeric import assert_close

PLAIN = DrawStyle("braille", has_color=False)


def run(
    name: str, *losses: float, family: str = "f", seed: str = "", every: int = 1, unit: str = ""
) -> NamedHistory:
    history = History()
    history.extend(
        TrainRecord(every * step, step / 10, step / 5, loss, 0.5, 0.9, 0.1, 0, 0.002, 1000.0)
        for step, loss in enumerate(losses, 1)
    )
    known = Family(family, seed or name) if family else None
    return NamedHistory(name, 0, history, family=known, unit=unit or "letter")


def by_name(chart: Chart) -> dict[tuple[str, str], Curve]:
    return {(curve.name, curve.style): curve for curve in chart.curves}


def test_seeds_are_one_mean_between_the_smallest_and_the_largest_loss() -> None:
    runs = [run("gru-s1", 3.0, 1.0), run("gru-s2", 2.0, 2.0), run("gru-s3", 4.0, 3.0)]
    (chart,) = charts_of("loss", runs)
    curves = by_name(chart)
    mean = curves["mean of 3 seeds train", "line"]
    assert (mean.xs, mean.ys) == ((1.0, 2.0), (3.0, 2.0))
    band = curves["mean of 3 seeds train", "band"]
    assert band.ys == (2.0, 4.0, 1.0, 3.0)
    assert band.is_ghost
    drawn = draw(chart, 80, 20, style=PLAIN)
    assert "mean of 3 seeds" in drawn
    assert "band: min to max" in drawn
    assert "gru-s1" not in drawn


def test_other_runs_keep_their_curves_next_to_the_named_mean() -> None:
    runs = [
        run("lstm", 5.0, 4.0, family="g"),
        run("gru-seed1", 3.0, 1.0),
        run("gru-seed2", 2.0, 2.0),
    ]
    curves = by_name(charts_of("loss", runs)[0])
    assert list(curves) == [
        ("lstm train", "line"),
        ("gru mean of 2 seeds train", "band"),
        ("gru mean of 2 seeds train", "line"),
    ]


def test_runs_without_a_family_are_drawn_apart() -> None:
    runs = [run("gru-s1", 3.0, family=""), run("gru-s2", 2.0, family="")]
    assert {curve.run for curve in charts_of("loss", runs)[0].curves} == {"gru-s1", "gru-s2"}
    same = [run("a", 3.0, seed="1"), run("b", 2.0, seed="1")]
    assert {curve.run for curve in charts_of("loss", same)[0].curves} == {"a", "b"}
    one = charts_of("loss", [run("gru-s1", 3.0)])[0]
    assert [curve.name for curve in one.curves] == ["train"]


def test_a_mean_is_of_the_runs_that_have_come_so_far_and_between_their_records() -> None:
    runs = [run("a1", 4.0, 2.0, 1.0, every=2), run("a2", 3.0, 2.0, every=1)]
    mean = by_name(charts_of("loss", runs)[0])["mean of 2 seeds train", "line"]
    assert mean.xs == (1.0, 2.0, 4.0, 6.0)
    assert_close(mean.ys, (3.0, 3.0, 2.0, 1.0), terms=4)


def test_losses_that_are_not_finite_do_not_spread_to_the_mean() -> None:
    curves = (
        Curve("a v", (0.0, 1.0, 2.0), (1.0, inf, nan), 0, run="a"),
        Curve("b v", (0.0, 1.0, 2.0), (3.0, 2.0, nan), 0, run="b"),
    )
    runs = [run("a", 1.0), run("b", 1.0)]
    mean = by_name(with_means(Chart("t", "step", "", curves), runs))["mean of 2 seeds v", "line"]
    assert mean.ys[:2] == (2.0, 2.0)
    assert str(mean.ys[2]) == "nan"


def test_units_are_apart_and_each_has_its_own_mean() -> None:
    runs = [run("a1", 3.0), run("a2", 1.0), run("w1", 9.0, unit="word", family="w")]
    letters, words = charts_of("loss", runs)
    assert [curve.ys for curve in letters.curves if curve.style == "line"] == [(2.0,)]
    assert [curve.ys for curve in words.curves] == [(9.0,)]


def test_a_band_is_smoothed_zoomed_and_drawn_with_few_dots_in_every_style() -> None:
    losses = [3.0 + step % 2 for step in range(200)]
    runs = [run("a1", *losses), run("a2", *(loss + 1 for loss in losses))]
    chart = charts_of("loss", runs)[0]
    smooth = looked_at(chart, Viewport(smoothing=0.9))
    band = next(curve for curve in smooth.curves if curve.style == "band")
    assert max(band.ys) < max(chart.curves[0].ys)
    assert all(low <= high for low, high in zip(band.ys[::2], band.ys[1::2], strict=True))
    for style in (PLAIN, DrawStyle("ascii", has_color=False), DrawStyle()):
        lines = draw(smooth, 80, 20, style=style).split("\n")
        assert len(lines) == 20
    without = replace(chart, curves=tuple(c for c in chart.curves if c.style != "band"))
    assert draw(chart, 80, 20, style=PLAIN) != draw(without, 80, 20, style=PLAIN)
