"""The vanishing-gradient lab: its table and sentences, from artificial journals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rnnlab.insight import Member, vanishing
from rnnlab.plots import Chart, HeatMap, Table, draw_picture
from rnnlab.runs.history import History
from rnnlab.runs.records import LayersRecord, ProbeRecord, TrainRecord

LIVES = {"rnn": 1.0, "gru": 4.0, "lstm": 8.0}
RATIOS = {"rnn": 0.01, "gru": 0.5, "lstm": 0.25, "ran": 1.0}


def make_member(cell: str, layers: int, *, epochs: float = 0.5, num_probes: int = 4) -> Member:
    history = History()
    for step in range(1, 21):
        norms: dict[str, float | None] = {
            f"rnn.weight_hh_l{layer}": RATIOS[cell] if layer < layers - 1 else 1.0
            for layer in range(layers)
        }
        norms["head.bias"] = 99.0
        history.extend(
            [
                TrainRecord(step, epochs * step / 20, 1.0, 3.0, 1.0, 1.0, 0.0, 0, 0.1, 1.0),
                LayersRecord(step, norms),
            ]
        )
    for step in range(num_probes):
        # The first probe is of an untrained network and must not count.
        life = 100.0 if step == 0 else LIVES[cell]
        names = [f"l{layer}" for layer in range(layers)]
        norms_T: dict[str, list[float | None]] = {name: [0.1, 0.5, 1.0] for name in names}
        history.extend(
            [ProbeRecord(step, 8, 3, {}, {}, {}, norms_T, norms_T, dict.fromkeys(names, life))]
        )
    return Member(f"{cell}-x{layers}", cell, layers, history)


def test_the_table_has_ratio_and_half_life_of_every_run() -> None:
    members = [make_member(cell, layers) for cell in LIVES for layers in (1, 4)]
    finding = vanishing(members)
    rows = {row["run"]: row for row in finding.figures["runs"]}
    assert len(rows) == 6
    for cell, life in LIVES.items():
        deep, flat = rows[f"{cell}-x4"], rows[f"{cell}-x1"]
        assert deep["first_over_last"] == pytest.approx(RATIOS[cell])
        assert flat["first_over_last"] == pytest.approx(1.0)
        assert deep["half_life_first"] == life
        assert deep["train_loss"] == 3.0
    table = finding.pictures[0]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows][:2] == ["rnn x 1", "rnn x 4"]


def test_the_sentences_contain_the_numbers() -> None:
    sentences = " ".join(vanishing([make_member(cell, 4) for cell in LIVES]).says)
    assert "0.01 (rnn), 0.5 (gru), 0.25 (lstm)" in sentences
    assert "shrinks most in rnn, least in gru" in sentences
    assert "in lstm it reaches 8.0 times as far back as in rnn" in sentences


def test_vanished_lasting_and_unknown_gradients_have_different_sentences() -> None:
    members = [make_member(cell, 4) for cell in LIVES]
    for member, life in zip(members, (0.0, None, 8.0), strict=True):
        member.history.probes[:] = [
            replace(record, of_last={"l0": [0.1] * 4}, half_life={"l0": life})
            for record in member.history.probes
        ]
    members.append(make_member("ran", 4, num_probes=0))
    sentences = vanishing(members).says
    assert "Through time the gradient vanishes within the window in rnn." in sentences
    assert "Through time the gradient does not shrink within the window in gru." in sentences
    assert "The half-life is unknown in ran: no probe yet." in sentences
    assert any("halves every 8.0 steps (lstm)" in sentence for sentence in sentences)


def test_columns_are_tenths_of_a_short_run_and_epochs_of_a_long_one() -> None:
    for epochs, columns, label in ((0.5, 10, "step"), (4.0, 4, "epoch")):
        finding = vanishing([make_member("rnn", 2, epochs=epochs)])
        heats = [picture for picture in finding.pictures if isinstance(picture, HeatMap)]
        assert [len(heat.columns) for heat in heats] == [columns]
        assert heats[0].x_label == label
        assert heats[0].rows == ("x2 l0", "x2 l1")


def test_the_norms_of_all_cells_have_one_scale() -> None:
    finding = vanishing([make_member(cell, 4) for cell in LIVES])
    heats = [picture for picture in finding.pictures if isinstance(picture, HeatMap)]
    assert len(heats) == 3
    assert [heat.high for heat in heats] == pytest.approx([1.0] * 3)
    assert [heat.low for heat in heats] == pytest.approx([RATIOS["rnn"]] * 3)


def test_only_runs_of_a_depth_common_to_all_cells_are_compared() -> None:
    members = [make_member(cell, layers) for cell in LIVES for layers in (1, 4)]
    members += [make_member("rnn", 8), Member("waiting", "gru", 8, History())]
    finding = vanishing(members)
    assert finding.says[0].startswith("At depth 4 ")
    chart = finding.pictures[-1]
    assert isinstance(chart, Chart)
    assert [curve.name for curve in chart.curves] == ["rnn x 4", "gru x 4", "lstm x 4"]
    new = [Member(cell, cell, 2, History()) for cell in LIVES]
    assert vanishing(new).says[0].startswith("No comparison yet")


def test_a_run_with_fewer_steps_is_named() -> None:
    members = [make_member(cell, 4) for cell in LIVES]
    assert not any("Preliminary" in sentence for sentence in vanishing(members).says)
    del members[1].history.train[12:]
    first = vanishing(members).says[0]
    assert first == "Preliminary: not all runs have completed 20 steps (gru 12)."


def test_a_single_cell_is_not_compared() -> None:
    sentences = " ".join(vanishing([make_member("rnn", 4)]).says)
    assert "0.01 (rnn) times the top layer's." in sentences
    assert "halves every 1.0 steps (rnn)." in sentences


def test_runs_without_records_are_shown_without_numbers() -> None:
    finding = vanishing([Member("new", "rnn", 2, History())])
    assert finding.figures["runs"][0]["first_over_last"] is None
    assert all(draw_picture(picture, 80) for picture in finding.pictures)
    assert finding.says
