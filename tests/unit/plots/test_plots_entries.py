"""The contents of single plots."""

from __future__ import annotations

import math
from dataclasses import replace
from types import ModuleType

import pytest

from rnnlab.plots import (
    DrawStyle,
    Level,
    NamedHistory,
    accuracy,
    bits,
    draw,
    grad_norm,
    half_life,
    layer_norms,
    learning_rate,
    loss,
    perplexity,
    saturation,
    throughput,
)
from rnnlab.runs.history import History
from rnnlab.runs.records import EvalRecord, EventRecord, LayersRecord, TrainRecord
from tests.toys.plot_runs import make_run

PLAIN = DrawStyle(has_color=False)


def test_validation_is_points_and_training_a_line() -> None:
    train, val = loss.chart([make_run()]).curves
    assert (train.name, train.style, len(train.xs)) == ("train", "line", 60)
    assert (val.name, val.style, val.xs) == ("val", "points", (150.0, 300.0, 450.0, 600.0))


def test_one_runs_two_losses_differ_in_colour() -> None:
    train, val = loss.chart([make_run(color=3)]).curves
    assert train.color == 3
    assert val.color != 3


def test_a_run_not_yet_validated_shows_its_training_loss_alone() -> None:
    (curve,) = loss.chart([make_run(num_evals=0)]).curves
    assert curve.name == "train"


def test_a_lost_loss_is_counted_in_the_title() -> None:
    chart = loss.chart([make_run(lost=(3, 4))])
    assert math.isnan(chart.curves[0].ys[3])
    assert "2 not finite" in draw(chart, 78, 12, style=PLAIN).split("\n")[0]


def test_the_gradient_title_says_the_share_of_clipped_steps() -> None:
    run = make_run(num_records=2, num_evals=0)
    train = run.history.train
    train[-1] = replace(train[-1], clipped=0.0)
    assert "12% of steps clipped" in grad_norm.chart([run]).title, "of all, not of the last ones"


@pytest.mark.parametrize("clip", [None, 0.0])
def test_a_run_that_does_not_clip_has_no_share_and_no_line(clip: float | None) -> None:
    chart = grad_norm.chart([make_run(clip=clip)])
    assert chart.title == "gradient norm"
    assert chart.levels == ()


def test_the_largest_norm_stands_faintly_behind_a_single_runs_mean() -> None:
    assert [(c.name, c.is_faint) for c in grad_norm.chart([make_run()]).curves] == [
        ("max", True),
        ("mean", False),
    ]
    several = grad_norm.chart([make_run("lstm"), make_run("gru")])
    assert [(c.name, c.is_faint) for c in several.curves] == [("lstm", False), ("gru", False)]


def test_runs_that_clip_alike_share_a_line() -> None:
    runs = [make_run("a", clip=1.0), make_run("b", clip=5.0), make_run("c", clip=1.0)]
    assert grad_norm.chart(runs).levels == (Level("clip", 1.0), Level("clip", 5.0))


def test_layer_norms_are_the_first_runs() -> None:
    chart = layer_norms.chart([make_run("lstm"), make_run("gru")])
    assert [curve.name for curve in chart.curves] == ["rnn.weight_hh_l0", "head.weight"]
    assert len({curve.color for curve in chart.curves}) == 2
    assert chart.title.endswith("lstm")


def test_layers_stand_where_the_train_record_before_them_does() -> None:
    history = History()
    for step, time_s in ((10, 5.0), (20, 11.0)):
        history.extend(
            [TrainRecord(step, 0.1, time_s, 1.0, 1.0, 1.0, 0.0, 0, 0.1, 1.0)],
        )
    history.extend([LayersRecord(step, {"w": 1.0}) for step in (5, 10, 15, 20, 99)])
    (curve,) = layer_norms.chart([NamedHistory("run", 0, history)], "time").curves
    assert curve.xs == (5.0, 5.0, 5.0, 11.0, 11.0)


def test_a_parameter_that_comes_later_has_the_steps_it_was_there() -> None:
    history = History()
    history.extend([LayersRecord(1, {"a": 1.0}), LayersRecord(2, {"a": 2.0, "b": None})])
    a, b = layer_norms.chart([NamedHistory("run", 0, history)]).curves
    assert (a.xs, b.xs) == ((1.0, 2.0), (2.0,))
    assert math.isnan(b.ys[0])


@pytest.mark.parametrize("plot", [learning_rate, throughput])
def test_rates_are_seen_from_zero_up(plot: ModuleType) -> None:
    lines = draw(plot.chart([make_run()]), 78, 12, style=PLAIN).split("\n")
    assert lines[-3].lstrip().startswith("0┤")


def test_the_loss_is_of_what_the_runs_predict() -> None:
    letters, words = (NamedHistory(unit, 0, History(), unit=unit) for unit in ("letter", "word"))
    assert loss.chart([letters, letters]).y_label == "nats/char"
    assert loss.chart([letters, words]).y_label == loss.chart([]).y_label == "nats/token"


def test_perplexity_and_bits_follow_from_the_loss() -> None:
    history = History()
    losses = (2.0, None, 1e4)
    history.extend(
        TrainRecord(step, 0.1, 1.0, nats, 1.0, 1.0, 0.0, 0, 0.1, 1.0)
        for step, nats in enumerate(losses, 1)
    )
    run = NamedHistory("run", 0, history, floor=1.0, unit="word")
    (nats,), (in_bits,), (choices,) = (
        plot.chart([run]).curves for plot in (loss, bits, perplexity)
    )
    assert in_bits.ys[0] == pytest.approx(2.0 / math.log(2), rel=1e-15)
    assert choices.ys[0] == pytest.approx(math.exp(2.0), rel=1e-15)
    assert choices.ys[2] == math.inf
    assert all(math.isnan(curve.ys[1]) for curve in (nats, in_bits, choices))
    assert bits.chart([run]).levels[0].value == pytest.approx(1 / math.log(2), rel=1e-15)
    assert perplexity.chart([run]).levels[0].value == pytest.approx(math.e, rel=1e-15)
    assert bits.chart([run]).y_label == "bits/word"
    assert perplexity.chart([run]).y_label == "per word"


def test_the_accuracy_is_that_of_every_validation_of_a_classifier() -> None:
    history = History()
    history.extend(
        [EvalRecord(10, 0.1, 1.0, 0.6, True, 0.7), EvalRecord(20, 0.2, 2.0, 0.5, True, 0.8)]
    )
    reviews = NamedHistory("reviews", 0, history, unit="document")
    (curve,) = accuracy.chart([reviews, NamedHistory("text", 1, History())]).curves
    assert (curve.name, curve.xs, curve.ys) == ("reviews", (10.0, 20.0), (0.7, 0.8))


def test_the_loss_marks_events_and_the_last_best_validation() -> None:
    run = make_run()
    run.history.extend(
        [
            EventRecord(20, "spike", "loss 9"),
            EventRecord(30, "note", "said nothing"),
            EvalRecord(40, 1.0, 4.0, 0.5, True),
        ]
    )
    marks = [(mark.x, mark.name) for mark in loss.chart([run]).landmarks]
    assert marks == [(20.0, "spike"), (40.0, "best")]
    assert [mark.name for mark in loss.chart([run], "time").landmarks] == ["spike", "best"]


def test_the_loss_shows_the_floor_of_its_corpus() -> None:
    def run(name: str, floor: float | None) -> NamedHistory:
        return NamedHistory(name, 0, History(), None, floor)

    def levels(*runs: NamedHistory) -> list[tuple[str, float]]:
        return [(level.name, level.value) for level in loss.chart(runs).levels]

    assert levels(run("a", 0.45)) == [("floor", 0.45)]
    assert levels(run("a", 0.45), run("b", 0.45)) == [("floor", 0.45)]
    assert levels(run("a", 0.45), run("b", 0.5)) == [("floor a", 0.45), ("floor b", 0.5)]
    assert levels(run("a", 0.45), run("b", None)) == [("floor a", 0.45)]
    assert levels(run("a", None)) == []


@pytest.mark.parametrize(
    "plot",
    [
        accuracy, bits, grad_norm, half_life, layer_norms, learning_rate, loss, perplexity,
        saturation, throughput,
    ],
)  # fmt: skip
def test_an_empty_chart_says_whether_something_will_come(plot: ModuleType) -> None:
    starting = NamedHistory("starting", 0, History())
    died = replace(starting, is_over=True)
    assert " yet: " in plot.chart([starting]).empty
    assert " yet: " in plot.chart([died, starting]).empty
    assert plot.chart([died]).empty.endswith(": training ended before the first record")
    assert plot.chart([replace(make_run(), is_over=True)]).empty.endswith(": none was recorded")
    assert plot.chart([]).empty == "no run is selected"
