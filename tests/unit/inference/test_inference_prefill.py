"""Prompts are read: long and short ones together, each as if it were alone.

Shapes: P prompts, T tokens, V tokens of the vocabulary, F features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.base import registry
from rnnlab.corpora import Ids
from rnnlab.decoding import SearchStart, parse_spec
from rnnlab.inference import LoadedModel, continue_prefilled, continue_texts, encode_prompt, prefill
from rnnlab.inference._prefill import prefill_prompts, repeat_rows
from rnnlab.inference.steppers import Engine, make_stepper
from rnnlab.native import report as native_report
from rnnlab.protocol.messages import Answer
from tests.toys.cases import case
from tests.toys.numeric import assert_close

Make = Callable[..., LoadedModel]
STEPPED, CHUNK = 8, 16
"""Small, so that prompts of 40 tokens are read in several chunks."""
LENGTHS = (0, 1, 3, STEPPED - 1, STEPPED, STEPPED + 1, STEPPED + CHUNK, STEPPED + 2 * CHUNK + 1)
BUDGETS = {"exact": ",budget=100"}
"""Options of those that would search for long."""


@pytest.fixture(params=["native", "torch"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A way to step; `native` is skipped where it cannot be built."""
    wanted: Engine = request.param
    if wanted == "native" and "not available" in (report := native_report()):
        pytest.skip(report)
    return wanted


def precise(engine: Engine) -> dict[str, object]:
    """Return settings in which a result depends neither on the prompts beside it nor on rounding.

    The native engine computes each row alone, in float32. On torch's the sums of another number of
    rows may be rounded differently, which in float64 changes no token.
    """
    return {} if engine == "native" else {"dtype": "float64"}


def prompt_of(length: int, seed: int = 1) -> Ids:
    return np.random.default_rng([seed, length]).integers(1, 6, length)


def read(
    loaded: LoadedModel, lengths: Sequence[int], engine: Engine = "torch", **sizes: int
) -> SearchStart:
    stepper = make_stepper(loaded.language_model, engine)
    prompts = [prompt_of(length) for length in lengths]
    sizes = {"stepped": STEPPED, "chunk": CHUNK, **sizes}
    return prefill_prompts(loaded, stepper, prompts, keep_features=True, **sizes)


def own(loaded: LoadedModel, length: int) -> tuple[Any, Any]:
    """What the model itself gives: log-probs [V] after a prompt, features [T, F] of its tokens."""
    model = loaded.language_model
    ids_1T = torch.from_numpy(prompt_of(length))[None]
    if not length:
        return model.read(ids_1T)[0][0, -1].numpy(), None
    _, state = model.begin(1)
    y_1TF, _ = model.read_on(ids_1T, state)
    return model.predict_next(y_1TF[0, -1]).numpy(), y_1TF[0].numpy()


def assert_read_close(found: Any, expected: Any, loaded: LoadedModel, *, ulps: float = 4) -> None:
    """Compare what two ways to read a prompt give.

    Each of at most 41 tokens is a sum of 2H products in each of two layers.
    """
    assert_close(found, expected, terms=41 * 2 * 2 * loaded.config.hidden, ulps=ulps)


@pytest.mark.parametrize("task", ["stream", "sentences"])
def test_a_prompt_is_read_as_the_model_reads_it(
    make_loaded: Make, task: str, engine: Engine
) -> None:
    loaded = make_loaded(task=task, cell="gru")
    for length in LENGTHS:
        start = read(loaded, [length], engine)
        log_probs_V, features_TF = own(loaded, length)
        (prompt,) = start.prompts
        assert list(prompt.tokens) == prompt_of(length).tolist()
        assert prompt.features_TF is not None
        assert prompt.features_TF.shape[0] == length
        with case(length=length):
            assert_read_close(start.log_probs_PV[0], log_probs_V, loaded)
            if length:
                assert start.features is not None
                assert_read_close(prompt.features_TF, features_TF, loaded)
                last_F = start.features(start.state)[0]
                assert_read_close(last_F, features_TF[-1], loaded)


def test_a_prompt_longer_than_the_steps_is_read_by_default(make_loaded: Make) -> None:
    loaded = make_loaded(cell="gru")
    prompts = [prompt_of(600)]
    start = prefill_prompts(loaded, loaded.stepper, prompts, keep_features=False)
    log_probs_V, _ = own(loaded, 600)
    # A GRU forgets its older errors: those of the last steps remain.
    assert_read_close(start.log_probs_PV[0], log_probs_V, loaded)
    assert [prompt.features_TF for prompt in start.prompts] == [None]


@pytest.mark.parametrize("cell", registry.names("cells"))
def test_what_is_read_at_once_and_what_in_steps_agree(make_loaded: Make, cell: str) -> None:
    loaded = make_loaded(cell=cell, dtype="float64", task="sentences")
    whole = read(loaded, [20, 0, 3], stepped=20)
    for stepped in (1, 7):
        parted = read(loaded, [20, 0, 3], stepped=stepped, chunk=5)
        # The weights enlarge an error from step to step, most of all in a cell without a bound.
        with case(stepped=stepped):
            assert_read_close(parted.log_probs_PV, whole.log_probs_PV, loaded, ulps=1000)
            for one, other in zip(parted.prompts, whole.prompts, strict=True):
                assert one.features_TF is not None
                assert_read_close(one.features_TF, other.features_TF, loaded, ulps=1000)


def test_a_prompt_does_not_depend_on_those_beside_it(make_loaded: Make, engine: Engine) -> None:
    loaded = make_loaded(task="sentences", hidden=33, **precise(engine))
    lengths = [5, 0, 40, 1, 0, 30, 5, STEPPED + 1, STEPPED, 2]
    together = read(loaded, lengths, engine)
    for number, length in enumerate(lengths):
        alone = read(loaded, [length], engine)
        log_probs_V = together.log_probs_PV[number]
        features_TF = together.prompts[number].features_TF
        of_alone_TF = alone.prompts[0].features_TF
        assert features_TF is not None
        assert of_alone_TF is not None
        if engine == "native":
            assert np.array_equal(log_probs_V, alone.log_probs_PV[0]), length
            assert np.array_equal(features_TF, of_alone_TF), length
        else:
            with case(length=length):
                assert_read_close(log_probs_V, alone.log_probs_PV[0], loaded, ulps=1000)
                assert_read_close(features_TF, of_alone_TF, loaded, ulps=1000)


def test_the_state_goes_on_from_where_the_prompt_ends(make_loaded: Make, engine: Engine) -> None:
    loaded = make_loaded(task="sentences")
    stepper = make_stepper(loaded.language_model, engine)
    lengths = [4, 0, 40]
    longer = [np.append(prompt_of(length), 3) for length in lengths]
    start = read(loaded, lengths, engine)
    log_probs_PV, _ = stepper.step(start.state, np.arange(3), np.full(3, 3))
    expected = prefill_prompts(loaded, stepper, longer, keep_features=False)
    assert_read_close(log_probs_PV, expected.log_probs_PV, loaded)


def test_rows_are_repeated_beside_each_other(make_loaded: Make, engine: Engine) -> None:
    loaded = make_loaded()
    stepper = make_stepper(loaded.language_model, engine)
    start = read(loaded, [2, 5], engine)
    assert repeat_rows(stepper, start, 1) is start
    twice = repeat_rows(stepper, start, 2)
    assert [len(prompt.tokens) for prompt in twice.prompts] == [2, 2, 5, 5]
    assert (twice.log_probs_PV == start.log_probs_PV[[0, 0, 1, 1]]).all()
    one, _ = stepper.step(start.state, np.array([0, 0, 1, 1]), np.full(4, 2))
    other, _ = stepper.step(twice.state, np.arange(4), np.full(4, 2))
    # Exact: the same operations on as many rows.
    assert (one == other).all()


@pytest.mark.parametrize("task", ["stream", "sentences"])
def test_nothing_but_empty_prompts_can_be_read(make_loaded: Make, task: str) -> None:
    loaded = make_loaded(task=task)
    start = read(loaded, [0, 0])
    log_probs_V, _ = own(loaded, 0)
    assert_read_close(start.log_probs_PV, np.stack([log_probs_V] * 2), loaded)


def texts_of(number: int) -> list[str]:
    chance = np.random.default_rng(5)
    letters = np.array(list("abcdé "))
    return ["".join(chance.choice(letters, n % 37 * (n % 3))) for n in range(number)]


def with_engine(loaded: LoadedModel, engine: Engine) -> LoadedModel:
    loaded.__dict__["stepper"] = make_stepper(loaded.language_model, engine)
    return loaded


def told(answer: Answer) -> Any:
    return answer.rank, answer.tokens, answer.text, answer.end, answer.parts_at, answer.prompt


@pytest.mark.parametrize("decoder", registry.names("decoding"))
def test_a_text_does_not_depend_on_the_prompts_beside_it(
    make_loaded: Make, decoder: str, engine: Engine
) -> None:
    # Each decoder meets both tasks and both engines, each engine both tasks.
    is_odd = (registry.names("decoding").index(decoder) + (engine == "native")) % 2
    task = ("stream", "sentences")[is_odd]
    settings = precise(engine)
    loaded = with_engine(make_loaded(task=task, hidden=33, cell="lstm", **settings), engine)
    spec = parse_spec(f"{decoder}:temperature=0.8{BUDGETS.get(decoder, '')}")
    prompts = texts_of(24)
    assert len({len(prompt) for prompt in prompts}) > 10
    *_, together = continue_texts(loaded, prompts, spec, 8, seed=4)
    for prompt, mine in list(zip(prompts, together.answers_by_prompt(), strict=True))[::4]:
        *_, alone = continue_texts(loaded, [prompt], spec, 8, seed=4)
        expected = alone.answers()
        assert [told(answer) for answer in mine] == [told(answer) for answer in expected]
        for one, other in zip(mine, expected, strict=True):
            if engine == "native":
                assert one.token_logprobs == other.token_logprobs
            else:
                with case(prompt=prompt):
                    found, wanted = one.token_logprobs, other.token_logprobs
                    assert_read_close(found, wanted, loaded, ulps=1000)


def test_samples_of_many_prompts_do_not_depend_on_their_number(
    make_loaded: Make, engine: Engine
) -> None:
    loaded = with_engine(make_loaded(task="sentences", hidden=33, **precise(engine)), engine)
    prompts = texts_of(12)
    spec = parse_spec("sample")
    *_, many = continue_texts(loaded, prompts, spec, 10, num=5)
    *_, few = continue_texts(loaded, prompts[3:5], spec, 10, num=2)
    for more, fewer in zip(many.answers_by_prompt()[3:5], few.answers_by_prompt(), strict=True):
        assert (len(more), len(fewer)) == (5, 2)
        assert [a.tokens for a in more[:2]] == [a.tokens for a in fewer]
        assert len({a.text for a in more}) > 1
        assert [a.rank for a in more] == [1, 2, 3, 4, 5]


def test_several_decoders_share_one_prefill_and_give_the_same_bits(make_loaded: Make) -> None:
    """The model steps through the prompt once; a state that a search changed would show."""
    loaded = make_loaded(task="sentences", cell="gru")
    specs = [parse_spec(text) for text in ("greedy", "contrastive", "beam:k=3", "sample")]
    prompts = [encode_prompt(loaded.vocabulary, text) for text in ("abcd", "", "dé a")]
    alone = []
    for spec in specs:
        *_, last = continue_texts(loaded, [prompt.text for prompt in prompts], spec, 9, 2, seed=4)
        alone.append(last.answers())
    prefilled = prefill(loaded, prompts, specs)
    searches = [continue_prefilled(loaded, prefilled, spec, 9, 2, seed=4) for spec in specs]
    together: list[list[Answer]] = [[] for _ in specs]
    for steps in zip_longest(*searches):  # interleaved, as the generator process does
        for number, step in enumerate(steps):
            if step is not None:
                together[number] = step.answers()
    assert together == alone
