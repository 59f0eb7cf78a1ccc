"""The language model: single steps and whole sequences, start state, initial weights.

Shapes: B sequences, T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor

from rnnlab.base import registry
from rnnlab.cells import Weights
from rnnlab.corpora import Vocabulary
from rnnlab.inference import LoadedModel
from rnnlab.models import LanguageModel, build_model
from rnnlab.settings.run_config import RunConfig
from tests.toys.cases import case
from tests.toys.numeric import assert_close

Make = Callable[..., LoadedModel]
TASKS = [task for task in registry.names("corpora/tasks") if task != "classify"]
TOKENS_BT = torch.tensor([[1, 2, 0, 3, 3, 5], [4, 0, 1, 1, 2, 5]])


def initial(seed: int = 1, **settings: object) -> LanguageModel:
    values = {"corpus": "none", "hidden": 16, "layers": 2, "seed": seed, **settings}
    model = build_model(RunConfig.from_values(values), Vocabulary.count("abcdef"))
    assert isinstance(model, LanguageModel)
    return model


def assert_tensors_close(result: Tensor, expected: Tensor, *, ulps: float = 4) -> None:
    """Compare results after 7 tokens, each a sum of 7 + 7 products in each of two layers."""
    assert_close(result.detach(), expected.detach(), terms=7 * 2 * 14, ulps=ulps)


def parameters_equal(one: LanguageModel, other: LanguageModel) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a.double(), b.double()) for a, b in pairs)


@pytest.mark.parametrize("cell", registry.names("cells"))
def test_reading_a_sequence_equals_reading_step_by_step(make_loaded: Make, cell: str) -> None:
    for task, one_hot in product(TASKS, (False, True)):
        loaded = make_loaded(cell=cell, task=task, one_hot=one_hot, dtype="float64")
        with case(task=task, one_hot=one_hot):
            check_steps(loaded.language_model)


def check_steps(model: LanguageModel) -> None:
    read_BTV, read_state = model.read(TOKENS_BT)
    state = model.start_state(2)
    if model.eos is None:
        result = [model.log_probs(model.logits(state[-1][0]))]
    else:
        first_BV, state = model.step(state, torch.full((2,), model.eos))
        result = [first_BV]
    for tokens_B in TOKENS_BT.unbind(1):
        log_probs_BV, state = model.step(state, tokens_B)
        result.append(log_probs_BV)
    # The weights enlarge an error from step to step.
    assert_tensors_close(torch.stack(result, 1), read_BTV, ulps=1000)
    for layer, read_layer in zip(state, read_state, strict=True):
        for stepped, read in zip(layer, read_layer, strict=True):
            assert_tensors_close(stepped, read, ulps=1000)


@pytest.mark.parametrize("task", TASKS)
def test_log_probs_are_normalised(make_loaded: Make, task: str) -> None:
    model = make_loaded(task=task).language_model
    read_BTV, state = model.read(TOKENS_BT)
    assert read_BTV.shape == (2, 7, model.vocab_size)
    for log_probs in (read_BTV, model.step(state, TOKENS_BT[:, 0])[0]):
        sums = log_probs.logsumexp(-1)
        assert_tensors_close(sums, torch.zeros_like(sums))
        assert log_probs.dtype == torch.float32


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_log_probs_are_in_float32_or_wider(given: torch.dtype, result: torch.dtype) -> None:
    assert LanguageModel.log_probs(torch.zeros(1, 3, dtype=given)).dtype == result


def test_a_stream_starts_with_the_head_of_the_start_state(make_loaded: Make) -> None:
    model = make_loaded(task="stream").language_model
    log_probs_1TV, state = model.read(torch.zeros(1, 0, dtype=torch.int64))
    expected_V = model.head.bias.log_softmax(0)
    assert_tensors_close(log_probs_1TV, expected_V[None, None])
    assert all(torch.equal(part, torch.zeros(1, 7)) for layer in state for part in layer)


def test_a_sentence_starts_after_eos(make_loaded: Make) -> None:
    loaded = make_loaded(task="sentences")
    log_probs_1TV, state = loaded.language_model.read(torch.zeros(1, 0, dtype=torch.int64))
    eos = torch.tensor([loaded.vocabulary.eos])
    expected_1V, expected_state = loaded.language_model.step(
        loaded.language_model.start_state(1), eos
    )
    assert_tensors_close(log_probs_1TV, expected_1V[:, None])
    for layer, expected_layer in zip(state, expected_state, strict=True):
        for part, expected in zip(layer, expected_layer, strict=True):
            assert_tensors_close(part, expected)


def test_one_hot_is_an_embedding_of_unit_vectors(make_loaded: Make) -> None:
    one_hot = make_loaded(one_hot=True).language_model
    assert one_hot.embedding is None
    learnt = make_loaded(embedding=one_hot.vocab_size).language_model
    assert learnt.embedding is not None
    weights = {**one_hot.state_dict(), "embedding.weight": torch.eye(one_hot.vocab_size)}
    learnt.load_state_dict(weights)
    assert_tensors_close(learnt.read(TOKENS_BT)[0], one_hot.read(TOKENS_BT)[0])


def test_float64_is_float64_throughout(make_loaded: Make) -> None:
    for one_hot in (False, True):
        model = make_loaded(dtype="float64", one_hot=one_hot).language_model
        log_probs_BTV, state = model.read(TOKENS_BT)
        assert {p.dtype for p in model.parameters()} == {torch.float64}
        assert log_probs_BTV.dtype == torch.float64
        assert {part.dtype for layer in state for part in layer} == {torch.float64}


@pytest.mark.parametrize("cell", registry.names("cells"))
def test_initial_weights_depend_only_on_the_seed(cell: str) -> None:
    torch.manual_seed(1)
    first = initial(seed=5, cell=cell)
    torch.manual_seed(2)
    assert parameters_equal(first, initial(seed=5, cell=cell))
    assert parameters_equal(first, initial(seed=5, cell=cell, engine="equations"))
    assert not parameters_equal(first, initial(seed=6, cell=cell))


def test_initial_weights_are_the_same_in_float64() -> None:
    assert parameters_equal(initial(), initial(dtype="float64"))


def test_the_forget_gate_starts_open() -> None:
    model = initial(cell="lstm", hidden=16, layers=2)
    for layer in range(2):
        weights = model.rnn.weights(layer)
        assert isinstance(weights, Weights)
        b_if, b_hf = weights.bias_ih[16:32], weights.bias_hh[16:32]
        assert torch.equal(b_if + b_hf, torch.ones(16))
        for bias in (weights.bias_ih, weights.bias_hh):
            rest = torch.cat([bias[:16], bias[32:]])
            assert rest.abs().max() <= 16**-0.5
            assert rest.std() > 0.05


@pytest.mark.parametrize("cell", registry.names("cells"))
def test_an_untrained_model_has_nearly_uniform_predictions(cell: str) -> None:
    log_probs_BTV, _ = initial(cell=cell, hidden=64).read(TOKENS_BT)
    assert log_probs_BTV.exp().max() < 0.5
    assert log_probs_BTV.exp().min() > 0.02


def logits(model: LanguageModel, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return model(TOKENS_BT, model.start_state(2), random)[0].detach()  # type: ignore[no-any-return]


def test_dropout_depends_only_on_its_generator_and_is_off_in_evaluation(make_loaded: Make) -> None:
    model = make_loaded(dropout=0.5).language_model
    # Exact, here and below: the same operations on tensors of the same shape.
    assert torch.equal(logits(model, 1), logits(model, 2))
    model.train()
    torch.manual_seed(0)
    first = logits(model, 1)
    torch.manual_seed(1)
    assert torch.equal(first, logits(model, 1))
    assert not torch.equal(first, logits(model, 2))


def test_without_dropout_the_generator_is_not_used(make_loaded: Make) -> None:
    model = make_loaded(dropout=0.0).language_model.train()
    random = torch.Generator().manual_seed(1)
    before = random.get_state()
    model(TOKENS_BT, model.start_state(2), random)
    assert torch.equal(random.get_state(), before)


def test_a_step_has_no_gradients(make_loaded: Make) -> None:
    model = make_loaded().language_model
    for log_probs, state in (
        model.read(TOKENS_BT),
        model.step(model.start_state(2), TOKENS_BT[:, 0]),
    ):
        assert not log_probs.requires_grad
        assert not any(part.requires_grad for layer in state for part in layer)


def test_parameters_are_counted() -> None:
    # Embedding 6 x 4; layer 0: 4 x 8 x (4 + 8 + 2); layer 1: 4 x 8 x (8 + 8 + 2); head 6 x 9.
    model = initial(hidden=8, embedding=4)
    assert model.num_parameters() == 24 + 448 + 576 + 54
