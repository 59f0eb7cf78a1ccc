"""The legend names and distinguishes curves, with colours and without."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

from rnnlab.plots import Chart, Curve, DrawStyle, Level, draw, layer_norms, loss
from tests.toys.plot_runs import make_run

PLAIN = DrawStyle(has_color=False)
ASCII = DrawStyle("ascii", has_color=False)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
BRAILLE = re.compile("[\u2801-\u28ff]")


def curve(*ys: float, name: str = "train", **more: Any) -> Curve:
    return Curve(name, tuple(10.0 * i for i in range(1, len(ys) + 1)), ys, 0, **more)


def chart(*curves: Curve, **more: Any) -> Chart:
    return replace(Chart("loss", "step", "nats", curves), **more)


FALLING = chart(curve(*(1 + 3 * math.exp(-i / 30) for i in range(100))))


def test_validation_is_told_from_training_without_colour() -> None:
    both = chart(curve(4.0, 3.0, 2.0), curve(4.1, 3.1, 2.1, name="val", style="points"))
    unicode, ascii_only = draw(both, 78, 12, style=PLAIN), draw(both, 78, 12, style=ASCII)
    head, _, body = unicode.partition("\n")
    assert "⠒⠒ train 2.000" in head
    assert "⠒● val 2.100" in head
    assert body.count("●") == 3 + 1  # the last one belongs to the value at the curve's end
    head, _, body = ascii_only.partition("\n")
    assert "** train 2.000" in head
    assert ".o val 2.100" in head
    assert body.count("o") == 3 + 1


def test_marks_of_many_validations_do_not_run_into_each_other() -> None:
    dense = chart(curve(*(1 + 1 / (i + 1) for i in range(500)), name="val", style="points"))
    assert "●●" not in draw(dense, 78, 12, style=PLAIN)


def test_a_faint_curve_is_dots_that_are_not_joined() -> None:
    ys = (1.0, 9.0, 1.0, 9.0)
    faint, full = (
        draw(chart(curve(*ys, is_faint=is_faint)), 60, 12, style=PLAIN)
        for is_faint in (True, False)
    )
    assert len(BRAILLE.findall(faint.partition("\n")[2])) == 4
    assert len(BRAILLE.findall(full.partition("\n")[2])) > 20


def test_the_letter_of_each_run_is_in_the_legend_at_its_curve_and_at_its_last_value() -> None:
    several = loss.chart([make_run("lstm", color=0), make_run("gru", color=1)])
    head, *body = draw(several, 120, 14).split("\n")
    names = ESCAPE.sub("", head)
    assert re.search(r"a lstm train 1\.\d{3} ⠒● val 1\.\d{3}   b gru train 1\.\d{3} ⠒● val", names)
    picture = ESCAPE.sub("", "\n".join(body[:-2]))
    assert picture.count("a") == picture.count("b") == 2


def test_a_run_has_its_own_letter_and_the_others_have_the_next_ones_that_are_free() -> None:
    own = replace(make_run("gru", color=1), letter="a")
    names = ESCAPE.sub("", draw(loss.chart([make_run("lstm"), own, make_run("rnn")]), 160, 14))
    for entry in ("b lstm", "a gru", "c rnn"):
        assert entry in names
    alone = ESCAPE.sub("", draw(loss.chart([own]), 120, 14))
    assert "a gru" not in alone, "one run needs no letter"


def test_without_colour_a_runs_letter_marks_its_validations() -> None:
    runs = [make_run("lstm", color=0), make_run("gru", color=1, num_evals=6)]
    _, *body = draw(loss.chart(runs), 120, 14, style=PLAIN).split("\n")
    picture = "\n".join(body[:-2])
    assert picture.count("a") >= 4
    assert picture.count("b") >= 5
    assert "●" not in picture


def test_in_ascii_a_run_is_drawn_with_its_letter() -> None:
    runs = [make_run("lstm", color=0), make_run("gru", color=1)]
    text = draw(loss.chart(runs), 120, 14, style=ASCII)
    assert "aa" in text
    assert "bb" in text
    assert ".B val" in text
    assert "B" in text.partition("\n")[2]


def test_curves_and_their_names_share_a_colour() -> None:
    style = DrawStyle()
    text = draw(loss.chart([make_run(color=4)]), 78, 12, style=style)
    for color in (style.color(4), style.color(5)):
        escape = f"38;2;{color[0]};{color[1]};{color[2]}m"
        head, _, body = text.partition("\n")
        assert head.count(escape) == 1
        assert escape in body


def test_the_legend_of_many_runs_gets_shorter_then_counts_the_rest() -> None:
    runs = [make_run(f"run-{i}-of-eight", color=i) for i in range(8)]
    wide = draw(loss.chart(runs), 200, 25, style=PLAIN)
    assert wide.count(" val ") == 8
    narrow = draw(loss.chart(runs), 78, 12, style=PLAIN).split("\n")
    assert narrow[0].startswith("loss, nats/token · 2 curves not named   ")
    assert [line.count("run-") for line in narrow[1:3]] == [3, 3]
    assert narrow[1].index(" b ") == narrow[2].index(" e ")


def test_a_single_row_names_every_curve_before_it_gives_their_values() -> None:
    load = chart(*(curve(1.0, 2.0, name=name) for name in ("processor", "memory", "gpu 0")))
    assert draw(load, 54, 4, style=PLAIN).startswith(
        "loss  a processor 2.000  b memory 2.000  c gpu 0 2.000\n"
    )
    assert draw(load, 46, 4, style=PLAIN).startswith("loss  a processor  b memory  c gpu 0\n")
    assert draw(load, 30, 4, style=PLAIN).startswith("loss  a processor  b memory +1\n")


def test_a_single_row_gives_values_before_those_of_levels_and_at_the_cursor() -> None:
    both = chart(
        curve(4.0, 2.0), curve(4.0, 2.1, name="val"), levels=(Level("floor", 2.0),), cursor=10.0
    )
    at_end = replace(both, cursor=None)
    assert draw(at_end, 44, 4, style=PLAIN).startswith(
        "loss  ⠒⠒ train 2.000  ⠒⠒ val 2.100  ╌╌ floor\n"
    )
    assert draw(at_end, 40, 4, style=PLAIN).startswith("loss  ⠒⠒ train  ⠒⠒ val  ╌╌ floor\n")
    head = draw(both, 40, 4, style=PLAIN).split("\n")[0]
    assert re.fullmatch(r"loss · at step 10  ⠒⠒ train 4\.000 \+2", head.rstrip()), head


def test_entries_of_different_widths_are_packed_before_one_is_left_out() -> None:
    names = {"stump-lstm-128": 0, "stump-gru-128": 1, "starter": 2}
    runs = [make_run(name, color=color) for name, color in names.items()]
    several = replace(loss.chart(runs), levels=(Level("floor", 2.0),))
    head, row, *_ = draw(several, 80, 8, style=PLAIN).split("\n")
    assert "not named" not in head
    assert [name for name in (*names, "floor") if name not in row] == []


def test_a_title_too_wide_ends_in_an_ellipsis() -> None:
    long = replace(FALLING, title="gradient norm by parameter")
    assert draw(long, 20, 9, style=PLAIN).startswith("gradient norm by pa…\n")
    assert draw(long, 20, 9, style=ASCII).startswith("gradient norm by ...\n")


def test_a_long_name_loses_its_middle_and_keeps_its_end() -> None:
    long = chart(curve(2.0, 1.0, name="enwik8-" + 60 * "x" + "-seed7"))
    text = draw(long, 60, 12, style=PLAIN)
    assert re.search(r"enwik8-x+…x+-seed7 1\.000", text)


def test_fifteen_parameters_have_fifteen_letters() -> None:
    many = chart(*(curve(1.0, float(i), name=f"weight_{i}") for i in range(15)))
    text = draw(many, 200, 25, style=PLAIN)
    assert "o weight_14 14.00" in text


def test_parameters_of_one_run_have_letters_too() -> None:
    two = draw(layer_norms.chart([make_run()]), 120, 12, style=PLAIN)
    assert "⠒⠒ head.weight 0.100" in two


def test_a_letter_hides_neither_a_mark_nor_another_letter() -> None:
    ys = tuple(5.0 - i / 20 for i in range(80))
    alike = chart(
        *(curve(*ys, name=f"{run} train", run=run) for run in ("gru", "lstm", "rnn")),
        Curve("gru val", (10.0, 800.0), (ys[0], ys[-1]), 0, "points", run="gru"),
    )
    body = ESCAPE.sub("", draw(alike, 120, 14)).partition("\n")[2]
    picture = re.sub(r" .\d\.\d{3}$", "", body.rpartition("└")[0], flags=re.MULTILINE)
    assert [picture.count(letter) for letter in "abc●"] == [1, 1, 1, 2]
    assert not re.search("[abc]{2}", picture)


def test_the_letter_of_a_curve_is_not_beside_the_label_of_another() -> None:
    many = chart(*(curve(3.0, 2.0, 1.0 + i / 1000, name=f"w{i}") for i in range(7)))
    _, *rows = draw(many, 90, 14, style=PLAIN).split("\n")
    labelled = [row for row in rows if re.search(r" [a-g]1\.00\d$", row)]
    assert len(labelled) == 7
    assert not any(re.search(r"[a-g].{0,3}[a-g]1\.00\d$", row) for row in labelled)
    picture = "".join(row.removesuffix(row[-6:]) for row in rows[1:-2])
    assert [picture.count(letter) for letter in "abcdefg"] == [1] * 7


def test_a_single_row_still_says_how_many_values_are_not_finite() -> None:
    text = draw(chart(curve(2.0, math.nan, 1.0)), 40, 3, style=PLAIN)
    assert text.startswith("loss · 1 not finite  ⠒⠒ train 1.000\n")


def test_numbers_beside_an_exponent_have_no_unit() -> None:
    steps = (1.0, 2.0)
    power, bound = Curve("power", steps, (1e3, 8.17e11), 0), Curve("bound", steps, (1e4, 7e17), 1)
    both = Chart("", "k", "", (power, bound), is_log=True)
    assert "power 8.17e11   ⠒⠒ bound 7.00e17" in draw(both, 78, 12, style=PLAIN)
    assert "817G" in draw(replace(both, curves=(power,)), 78, 12, style=PLAIN)


def test_the_number_of_unnamed_curves_replaces_the_offer_of_a_log_scale_that_has_no_room() -> None:
    curves = [curve(1000.0, 1.0, name=f"run-{i}-of-eight", run=f"run-{i}") for i in range(8)]
    wide_span = chart(*curves, log_key="y")
    head = draw(wide_span, 78, 12, style=PLAIN).split("\n")[0]
    assert "press y for a log scale" in head
    narrow = draw(wide_span, 46, 12, style=PLAIN).split("\n")[0]
    assert "not named" in narrow
    assert "press y" not in narrow
