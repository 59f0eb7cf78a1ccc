"""The contract of every cell.

Shapes: B sequences, T steps, I inputs, H hidden units.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from rnnlab.base import registry
from rnnlab.cells import Cell, RecurrentStack, State, select
from tests.toys.cases import case
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnnlab.cells import Engine

B, T, I, H = 3, 6, 4, 5  # noqa: E741
CELLS = registry.names("cells")
DEPTHS = (1, 2, 3)
ENGINES: tuple[Engine, ...] = ("equations", "auto")
TORCHS_OWN: dict[str, Callable[..., nn.RNNBase]] = {
    "rnn": nn.RNN,
    "rnn-relu": partial(nn.RNN, nonlinearity="relu"),
    "gru": nn.GRU,
    "lstm": nn.LSTM,
}
"""Cells of the same equations in torch.nn."""


def cell_of(name: str) -> Cell[Any]:
    cell: Cell[Any] = registry.load("cells", name).CELL
    return cell


FUSED = [name for name in CELLS if cell_of(name).has_fused]


def make_stack(name: str, engine: Engine, num_layers: int, seed: int = 0) -> RecurrentStack:
    """Return a stack in float64 with random matrices, biases, gains and start state."""
    random = torch.Generator().manual_seed(seed)
    stack = RecurrentStack(cell_of(name), I, H, num_layers, engine=engine, generator=random)
    stack.double().eval()
    with torch.no_grad():
        for tensor in stack.state_dict().values():
            tensor.uniform_(-0.9, 0.9, generator=random)
    return stack


def twins(name: str, num_layers: int) -> tuple[RecurrentStack, RecurrentStack]:
    return make_stack(name, "equations", num_layers), make_stack(name, "fused", num_layers)


def random_state(cell: Cell[Any], num_layers: int, random: torch.Generator) -> State:
    def part() -> Tensor:
        return torch.rand(B, H, dtype=torch.float64, generator=random) - 0.5

    return tuple(tuple(part() for _ in range(cell.num_states)) for _ in range(num_layers))


def make_case(name: str, num_layers: int, seed: int = 1) -> tuple[Tensor, State]:
    """Return inputs [B, T, I] and a start state."""
    random = torch.Generator().manual_seed(seed)
    x_BTI = torch.randn(B, T, I, dtype=torch.float64, generator=random)
    return x_BTI, random_state(cell_of(name), num_layers, random)


def flat(state: State) -> list[Tensor]:
    return [part for layer in state for part in layer]


def assert_all_close(result: list[Tensor], expected: list[Tensor]) -> None:
    """Compare tensors pairwise.

    Each of T steps sums I + H products and passes the errors of the step before on, enlarged by
    its weights: hence 1,000 units in the last place instead of a few.
    """
    for one, other in zip(result, expected, strict=True):
        assert_close(one.detach(), other.detach(), terms=T * (I + H), ulps=1000)


@pytest.fixture(params=CELLS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def check_twins(name: str, num_layers: int) -> None:
    given_BTI, given_state = make_case(name, num_layers)
    # Every output and every part of the last state has a different weight in the loss.
    random = torch.Generator().manual_seed(2)
    weigh_BTH = torch.randn(B, T, H, dtype=torch.float64, generator=random)
    weigh_state = flat(random_state(cell_of(name), num_layers, random))

    def run(stack: RecurrentStack) -> tuple[list[Tensor], list[Tensor]]:
        x_BTI = given_BTI.clone().requires_grad_()
        state = tuple(tuple(p.clone().requires_grad_() for p in layer) for layer in given_state)
        y_BTH, last = stack(x_BTI, state)
        loss = (y_BTH * weigh_BTH).sum()
        for part, weigh in zip(flat(last), weigh_state, strict=True):
            loss = loss + (part * weigh).sum()
        wanted = [x_BTI, *flat(state), *stack.parameters()]
        return [y_BTH, *flat(last)], list(torch.autograd.grad(loss, wanted))

    equations, fused = (run(stack) for stack in twins(name, num_layers))
    assert_all_close(fused[0], equations[0])
    assert_all_close(fused[1], equations[1])
    assert all(gradient.abs().max() > 0 for gradient in equations[1])


@pytest.mark.parametrize("name", FUSED)
def test_equations_equal_the_fused_kernel_in_values_and_all_gradients(name: str) -> None:
    for num_layers in DEPTHS:
        with case(num_layers=num_layers):
            check_twins(name, num_layers)


def test_gradient_flows_to_every_weight_the_input_and_the_state(name: str) -> None:
    for engine in ENGINES:
        with case(engine=engine):
            stack, (x_BTI, state) = make_stack(name, engine, 2), make_case(name, 2)
            wanted = [x_BTI, *flat(state), *stack.parameters()]
            for tensor in wanted:
                tensor.requires_grad_()
            y_BTH, _ = stack(x_BTI, state)
            for gradient in torch.autograd.grad(y_BTH.square().sum(), wanted):
                assert gradient.isfinite().all()
                assert gradient.abs().max() > 0


def test_step_by_step_equals_the_whole_sequence(name: str) -> None:
    for engine, num_layers in product(ENGINES, DEPTHS):
        stack, (x_BTI, state) = make_stack(name, engine, num_layers), make_case(name, num_layers)
        y_BTH, last = stack(x_BTI, state)
        outputs = []
        for x_BI in x_BTI.unbind(1):
            y_BH, state = stack.step(x_BI, state)
            outputs.append(y_BH)
        with case(engine=engine, num_layers=num_layers):
            assert_all_close([torch.stack(outputs, 1), *flat(state)], [y_BTH, *flat(last)])


def test_two_halves_with_the_state_carried_equal_the_whole(name: str) -> None:
    for engine in ENGINES:
        with case(engine=engine):
            stack, (x_BTI, state) = make_stack(name, engine, 2), make_case(name, 2)
            y_BTH, last = stack(x_BTI, state)
            first_BTH, middle = stack(x_BTI[:, :2], state)
            rest_BTH, end = stack(x_BTI[:, 2:], middle)
            assert_all_close(
                [torch.cat([first_BTH, rest_BTH], 1), *flat(end)], [y_BTH, *flat(last)]
            )


@pytest.mark.parametrize("name", FUSED)
def test_weights_saved_by_one_engine_load_in_the_other(name: str) -> None:
    for num_layers, is_fused_first in product(DEPTHS, (True, False)):
        equations, fused = twins(name, num_layers)
        saver, loader = (fused, equations) if is_fused_first else (equations, fused)
        with torch.no_grad():
            for tensor in loader.state_dict().values():
                tensor.zero_()
        loader.load_state_dict(load(save(saver.state_dict())), strict=True)
        inputs = make_case(name, num_layers)
        (result, state), (expected, expected_state) = loader(*inputs), saver(*inputs)
        with case(num_layers=num_layers, is_fused_first=is_fused_first):
            assert_all_close([result, *flat(state)], [expected, *flat(expected_state)])


@pytest.mark.parametrize("name", sorted(set(TORCHS_OWN) & set(CELLS)))
def test_parameters_are_those_of_torch_nn(name: str) -> None:
    for num_layers in DEPTHS:
        with case(num_layers=num_layers):
            check_torchs_own(name, num_layers)


def check_torchs_own(name: str, num_layers: int) -> None:
    stack = make_stack(name, "equations", num_layers)
    torchs = TORCHS_OWN[name](I, H, num_layers, batch_first=True, dtype=torch.float64)
    shapes = {key: tensor.shape for key, tensor in stack.state_dict().items()}
    assert shapes == {key: tensor.shape for key, tensor in torchs.state_dict().items()}

    torchs.load_state_dict(stack.state_dict())
    x_BTI, state = make_case(name, num_layers)
    parts = [torch.stack(layers) for layers in zip(*state, strict=True)]
    y_BTH, last = stack(x_BTI, state)
    torchs_BTH, torchs_last = torchs(x_BTI, parts[0] if len(parts) == 1 else tuple(parts))
    torchs_parts = torchs_last if isinstance(torchs_last, tuple) else (torchs_last,)
    assert_all_close([y_BTH], [torchs_BTH])
    assert_all_close(
        [torch.stack(layers) for layers in zip(*last, strict=True)], list(torchs_parts)
    )


def with_row_0(mine: Tensor, theirs: Tensor) -> Tensor:
    """Return a tensor whose first row is another one's."""
    return torch.cat([theirs[:1], mine[1:]])


def test_no_state_leaks_between_rows(name: str) -> None:
    for engine in ENGINES:
        with case(engine=engine):
            stack = make_stack(name, engine, 2)
            mine_BTI, my_state = make_case(name, 2)
            theirs_BTI, their_state = make_case(name, 2, seed=5)
            state = tuple(
                tuple(with_row_0(p, q) for p, q in zip(layer, theirs, strict=True))
                for layer, theirs in zip(my_state, their_state, strict=True)
            )
            y_BTH, last = stack(mine_BTI, my_state)
            changed_BTH, changed_last = stack(with_row_0(mine_BTI, theirs_BTI), state)
            assert not torch.equal(changed_BTH[0], y_BTH[0])
            # Exact: the same operations on tensors of the same shape.
            assert torch.equal(changed_BTH[1:], y_BTH[1:])
            for changed, part in zip(flat(changed_last), flat(last), strict=True):
                assert torch.equal(changed[1:], part[1:])


def test_no_gradient_leaks_between_rows(name: str) -> None:
    for engine in ENGINES:
        with case(engine=engine):
            stack, (x_BTI, state) = make_stack(name, engine, 2), make_case(name, 2)
            x_BTI.requires_grad_()
            y_BTH, _ = stack(x_BTI, state)
            (gradient_BTI,) = torch.autograd.grad(y_BTH[1].sum(), [x_BTI])
            assert gradient_BTI[1].abs().min() > 0
            assert not gradient_BTI[[0, 2]].any()


def test_the_callers_tensors_do_not_change(name: str) -> None:
    for engine in ENGINES:
        with case(engine=engine):
            stack = make_stack(name, engine, 2)
            (x_BTI, state), (same_BTI, same_state) = make_case(name, 2), make_case(name, 2)
            with torch.no_grad():
                stack(x_BTI, state)
                stack.step(x_BTI[:, 0], state)
            assert torch.equal(x_BTI, same_BTI)
            assert all(map(torch.equal, flat(state), flat(same_state)))


def test_select_reorders_every_part_of_every_layer(name: str) -> None:
    stack, (x_BTI, state) = make_stack(name, "auto", 3), make_case(name, 3)
    rows_B = torch.tensor([2, 0, 2, 1])
    selected = select(state, rows_B)
    assert len(flat(selected)) == 3 * cell_of(name).num_states
    for part, chosen in zip(flat(state), flat(selected), strict=True):
        assert torch.equal(chosen, part[[2, 0, 2, 1]])
    # A reordered state continues like its rows.
    (y_BTH, _), (chosen_BTH, _) = stack(x_BTI, state), stack(x_BTI[rows_B], selected)
    assert_all_close([chosen_BTH], [y_BTH[rows_B]])


def test_the_start_state_is_equal_in_all_rows_and_zero_unless_saved(name: str) -> None:
    stack = make_stack(name, "auto", 2)
    state = stack.start_state(B)
    assert [len(layer) for layer in state] == [cell_of(name).num_states] * 2
    for part in flat(state):
        assert part.shape == (B, H)
        assert part.dtype == torch.float64
        assert torch.equal(part, part[:1].expand(B, H))
        assert cell_of(name).fixed or not part.any()
    assert all(map(torch.equal, flat(state), flat(stack.start_state(B))))


def test_weights_that_are_not_trained_are_saved_but_not_parameters(name: str) -> None:
    cell, stack = cell_of(name), make_stack(name, "auto", 2)
    trained = {key for key, parameter in stack.named_parameters() if parameter.requires_grad}
    assert len(trained) == len(list(stack.parameters()))
    fixed = {f"{weight}_l{layer}" for weight in cell.fixed for layer in range(2)}
    assert set(stack.state_dict()) - trained == fixed


def test_the_docstring_has_equations_and_a_source(name: str) -> None:
    text = registry.description("cells", name)
    assert registry.summary("cells", name).endswith(".")
    equations = re.findall(r"^ {4}(\w+)_t = \S.*", text, flags=re.MULTILINE)
    states = ("h", "c")[: cell_of(name).num_states]
    assert set(states) <= set(equations)
    assert set(cell_of(name).gates) <= set(equations)
    assert re.search(r"^Source: \w.*\(\d{4}\)", text, flags=re.MULTILINE)


def test_the_gates_match_the_shapes(name: str) -> None:
    cell = cell_of(name)
    assert len(set(cell.gates)) == len(cell.gates) > 0
    shapes = cell.shapes(I, H)
    assert tuple(shapes) == tuple(cell.weights_type.__annotations__)
    rows = len(cell.gates) * H
    assert shapes["weight_ih"] == (rows, I)
    assert shapes["bias_ih"] == (rows,)
    assert shapes.get("weight_hh", (rows, H)) == (rows, H)
    weights = make_stack(name, "auto", 1).weights(0)
    assert cell.hidden_size(weights) == H
    rows_of_gates = [cell.rows(weights.weight_ih, gate) for gate in cell.gates]
    assert torch.equal(torch.cat(rows_of_gates), weights.weight_ih)


def test_initial_weights_depend_only_on_the_generator(name: str) -> None:
    def fresh(seed: int) -> list[Tensor]:
        random = torch.Generator().manual_seed(seed)
        stack = RecurrentStack(cell_of(name), I, H, 2, generator=random)
        return list(stack.state_dict().values())

    torch.manual_seed(0)
    first = fresh(7)
    torch.manual_seed(1)
    assert all(map(torch.equal, first, fresh(7)))
    assert not all(map(torch.equal, first, fresh(8)))
    assert all(tensor.isfinite().all() for tensor in first)


def test_all_cells_are_registered() -> None:
    shipped = "rnn rnn-sigmoid rnn-relu gru gru-cho lstm lstm-peephole lstm-coupled lstm-layernorm"
    assert set(CELLS) >= {*shipped.split(), "mingru", "minlstm"}
