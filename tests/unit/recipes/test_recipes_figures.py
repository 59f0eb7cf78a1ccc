from __future__ import annotations

from dataclasses import replace

import pytest

from rnnlab.recipes import layer_norms, seconds_to_loss, train_running_loss
from rnnlab.runs.records import LayersRecord, TrainRecord


def train(step: int, epoch: float, loss: float | None) -> TrainRecord:
    return TrainRecord(step, epoch, 0.0, loss, 1.0, 1.0, 0.0, 0, 0.1, 100.0)


def test_the_running_loss_is_the_mean_over_the_last_epoch_alone() -> None:
    records = [train(5, 0.5, 9.0), train(10, 1.0, 8.0), train(15, 1.5, 3.0), train(20, 2.0, 2.0)]
    assert train_running_loss(records) == pytest.approx(2.5)


def test_a_record_over_two_epochs_counts_by_its_share() -> None:
    records = [train(9, 0.9, 9.0), train(12, 1.2, 4.0), train(20, 2.0, 2.0)]
    assert train_running_loss(records) == pytest.approx((0.2 * 4 + 0.8 * 2) / 1.0)


def test_a_run_shorter_than_an_epoch_is_averaged_whole_and_gaps_are_left_out() -> None:
    records = [train(1, 0.1, 4.0), train(2, 0.2, None), train(4, 0.4, 1.0)]
    assert train_running_loss(records) == pytest.approx((0.1 * 4 + 0.2 * 1) / 0.3)
    assert train_running_loss([]) is None
    assert train_running_loss([train(1, 0.1, None)]) is None


def norms(step: int, *values: float | None) -> LayersRecord:
    named = {f"rnn.weight_hh_l{layer}": value for layer, value in enumerate(values)}
    return LayersRecord(step, {**named, "rnn.weight_ih_l0": 99.0, "head.weight": 99.0})


def test_the_norms_are_means_by_layer_and_epoch() -> None:
    found = layer_norms(
        [
            train(1, 0.5, 1.0), norms(1, 1.0, 10.0),
            train(2, 1.0, 1.0), norms(2, 3.0, 30.0),
            train(3, 1.5, 1.0), norms(3, 8.0, None),
            train(4, 2.0, 1.0), norms(4, 8.0, 16.0),
        ]
    )  # fmt: skip
    assert found is not None
    assert found.epochs == (1, 2)
    assert found.norms == ((2.0, 8.0), (20.0, 16.0))
    assert found.shares == (0.1, 0.5)
    assert found.mean_share == pytest.approx((0.1 * 0.5) ** 0.5)


def test_layers_come_in_order_beyond_ten_and_other_directions_are_left_out() -> None:
    record = norms(1, *(float(layer + 1) for layer in range(12)))
    record.grad_norms["rnn.weight_hh_l0_reverse"] = 50.0
    found = layer_norms([train(1, 1.0, 1.0), record])
    assert found is not None
    assert [layer[0] for layer in found.norms] == [layer + 1.0 for layer in range(12)]


def test_a_journal_without_norms_gives_none() -> None:
    assert layer_norms([train(1, 0.5, 1.0)]) is None


def test_seconds_to_a_loss_wait_for_the_mean_of_a_whole_epoch() -> None:
    # Two records per epoch: means of the last epoch 3.0, 2.5, 1.75, 1.0, 1.25.
    losses = [4.0, 2.0, 3.0, 0.5, 1.5, 1.0]
    records = [replace(train(i, i / 2, loss), time_s=10.0 * i) for i, loss in enumerate(losses, 1)]
    assert seconds_to_loss(records, 2.5) == 30.0
    assert seconds_to_loss(records, 1.0) == 50.0
    assert seconds_to_loss(records, 0.9) is None
    assert seconds_to_loss([], 1.0) is None
