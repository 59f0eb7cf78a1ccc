"""The update of dynamic evaluation: the published rule, element by element."""

from __future__ import annotations

import torch

from rnnlab.dynamic._rule import DynamicSettings, Rule, default_window


def rule_of(weight: list[float], squares: list[float] | None) -> tuple[torch.Tensor, Rule]:
    tensor = torch.tensor(weight, dtype=torch.float64)
    mean_squares = None if squares is None else {"w": torch.tensor(squares, dtype=torch.float64)}
    return tensor, Rule({"w": tensor}, mean_squares)


def test_a_step_is_divided_by_the_root_mean_square_and_the_decay_grows_with_it() -> None:
    weight, rule = rule_of([1.0, 2.0], [1.0, 9.0])  # roots 1 and 3, mean 2: relative 0.5 and 1.5
    gradient = torch.tensor([0.6, 3.2], dtype=torch.float64)
    rule.update([gradient], DynamicSettings(lr=0.5, decay=0.1, window=5))
    moved = torch.tensor([1 - 0.5 * 0.6 / (0.6 * 2), 2 - 0.5 * 3.2 / (1.6 * 2)]).double()
    torch.testing.assert_close(weight, moved)
    rule.update([torch.zeros_like(gradient)], DynamicSettings(lr=0.5, decay=0.1, window=5))
    trained = torch.tensor([1.0, 2.0]).double()
    share = torch.tensor([0.05, 0.15]).double()
    torch.testing.assert_close(weight, moved + (trained - moved) * share)


def test_a_decay_never_goes_past_the_trained_weights() -> None:
    weight, rule = rule_of([1.0, 1.0], [0.0, 1.0])  # relative 0 and 2
    rule.update([torch.ones(2).double()], DynamicSettings(0.1, 0.0, 5))
    rule.update([torch.zeros(2).double()], DynamicSettings(0.1, 0.9, 5))
    assert weight[1] == 1
    assert weight[0] < 1


def test_without_measured_gradients_all_weights_learn_alike() -> None:
    weight, rule = rule_of([1.0, 1.0], None)
    rule.update([torch.tensor([1.1, 2.2]).double()], DynamicSettings(0.1, 0.0, 5))
    torch.testing.assert_close(weight, torch.tensor([0.9, 0.8]).double())


def test_a_weight_whose_gradient_is_always_zero_does_not_move() -> None:
    weight, rule = rule_of([1.0], [0.0])
    rule.update([torch.zeros(1).double()], DynamicSettings(0.1, 0.1, 5))
    assert weight.tolist() == [1.0]


def test_the_trained_weights_come_back_bit_for_bit() -> None:
    weight, rule = rule_of([0.1, 0.7], [1.0, 2.0])
    before = weight.clone()
    rule.update([torch.ones(2).double()], DynamicSettings(0.3, 0.1, 5))
    assert not torch.equal(weight, before)
    rule.restore()
    assert torch.equal(weight, before)


def test_words_are_read_in_shorter_pieces() -> None:
    assert (default_window("chars"), default_window("words")) == (20, 5)
