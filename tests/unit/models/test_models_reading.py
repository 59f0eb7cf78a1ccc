"""Prompts are read: long and short ones together, each as if it were alone.

Shapes: P prompts, T tokens, V tokens of the vocabulary, F features.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab import registry
from rnnlab.corpora import Ids
from rnnlab.decoding import Start, parse_spec
from rnnlab.models import LoadedModel, _reading, continue_texts
from rnnlab.models._reading import read_prompts, repeat_rows
from rnnlab.models.steppers import make_stepper, native_report
from rnnlab.runs.prompts import Answer

Make = Callable[..., LoadedModel]
has_native = "not available" not in native_report()
ENGINES = [
    pytest.param("native", marks=pytest.mark.skipif(not has_native, reason=native_report())),
    "torch",
]
BUDGETS = {"exact": ",budget=100"}
"""Options of those that would search for long."""


def prompt_of(length: int, seed: int = 1) -> Ids:
    return np.random.default_rng([seed, length]).integers(1, 6, length)


def read(loaded: LoadedModel, lengths: list[int], engine: Any = "torch") -> Start:
    stepper = make_stepper(loaded.language_model, engine)
    return read_prompts(
        loaded, stepper, [prompt_of(length) for length in lengths], keep_features=True
    )


def own(loaded: LoadedModel, length: int) -> tuple[Any, Any]:
    """What the model itself gives: log-probs [V] after a prompt, features [T, F] of its tokens."""
    model = loaded.language_model
    ids_1T = torch.from_numpy(prompt_of(length))[None]
    if not length:
        return model.read(ids_1T)[0][0, -1].numpy(), None
    _, state = model.begin(1)
    y_1TF, _ = model.read_on(ids_1T, state)
    return model.predict_next(y_1TF[0, -1]).numpy(), y_1TF[0].numpy()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("task", ["stream", "sentences"])
@pytest.mark.parametrize("length", [0, 1, 3, 511, 512, 513, 1030, 5000])
def test_a_prompt_is_read_as_the_model_reads_it(
    make_loaded: Make, length: int, task: str, engine: str
) -> None:
    loaded = make_loaded(task=task, cell="gru")
    start = read(loaded, [length], engine)
    log_probs_V, features_TF = own(loaded, length)
    assert start.log_probs_PV[0] == pytest.approx(log_probs_V, abs=1e-4)
    (prompt,) = start.prompts
    assert list(prompt.tokens) == prompt_of(length).tolist()
    assert prompt.features_TF is not None
    assert prompt.features_TF.shape[0] == length
    if length:
        assert prompt.features_TF == pytest.approx(features_TF, abs=1e-4)
        assert start.features is not None
        assert start.features(start.state)[0] == pytest.approx(features_TF[-1], abs=1e-4)


@pytest.mark.parametrize("cell", registry.names("cells"))
@pytest.mark.parametrize("stepped", [0, 1, 7])
def test_what_is_read_at_once_and_what_in_steps_agree(
    make_loaded: Make, monkeypatch: pytest.MonkeyPatch, cell: str, stepped: int
) -> None:
    loaded = make_loaded(cell=cell, dtype="float64", task="sentences")
    whole = read(loaded, [20, 0, 3])
    monkeypatch.setattr(_reading, "_STEPPED", max(1, stepped))
    monkeypatch.setattr(_reading, "_CHUNK", 5)
    parted = read(loaded, [20, 0, 3])
    assert parted.log_probs_PV == pytest.approx(whole.log_probs_PV, abs=1e-12)
    for one, other in zip(parted.prompts, whole.prompts, strict=True):
        assert one.features_TF is not None
        assert one.features_TF == pytest.approx(other.features_TF, abs=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_prompt_does_not_depend_on_those_beside_it(make_loaded: Make, engine: str) -> None:
    # On the torch engine other sums are rounded otherwise, and a long prompt adds that up.
    precise = {} if engine == "native" else {"dtype": "float64"}
    loaded = make_loaded(task="sentences", hidden=33, **precise)
    lengths = [5, 0, 600, 1, 0, 40, 5, 513, 512, 2]
    together = read(loaded, lengths, engine)
    within = 0.0 if engine == "native" else 1e-9
    for number, length in enumerate(lengths):
        alone = read(loaded, [length], engine)
        assert np.abs(together.log_probs_PV[number] - alone.log_probs_PV[0]).max() <= within
        pair = together.prompts[number].features_TF, alone.prompts[0].features_TF
        assert pair[0] is not None
        assert pair[1] is not None
        assert pair[0].shape == pair[1].shape
        if length:
            assert np.abs(pair[0] - pair[1]).max() <= within


@pytest.mark.parametrize("engine", ENGINES)
def test_the_state_goes_on_from_where_the_prompt_ends(make_loaded: Make, engine: Any) -> None:
    loaded = make_loaded(task="sentences")
    stepper = make_stepper(loaded.language_model, engine)
    lengths = [4, 0, 520]
    longer = [np.append(prompt_of(length), 3) for length in lengths]
    start = read(loaded, lengths, engine)
    log_probs_PV, _ = stepper.step(start.state, np.arange(3), np.full(3, 3))
    expected = read_prompts(loaded, stepper, longer, keep_features=False)
    assert log_probs_PV == pytest.approx(expected.log_probs_PV, abs=1e-4)


def test_features_are_kept_for_those_alone_who_ask(make_loaded: Make) -> None:
    loaded = make_loaded()
    start = read_prompts(loaded, loaded.stepper, [prompt_of(600)], keep_features=False)
    assert [prompt.features_TF for prompt in start.prompts] == [None]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_are_repeated_beside_each_other(make_loaded: Make, engine: Any) -> None:
    loaded = make_loaded()
    stepper = make_stepper(loaded.language_model, engine)
    start = read(loaded, [2, 5], engine)
    assert repeat_rows(stepper, start, 1) is start
    twice = repeat_rows(stepper, start, 2)
    assert [len(prompt.tokens) for prompt in twice.prompts] == [2, 2, 5, 5]
    assert (twice.log_probs_PV == start.log_probs_PV[[0, 0, 1, 1]]).all()
    one, _ = stepper.step(start.state, np.array([0, 0, 1, 1]), np.full(4, 2))
    other, _ = stepper.step(twice.state, np.arange(4), np.full(4, 2))
    assert (one == other).all()


@pytest.mark.parametrize("task", ["stream", "sentences"])
def test_nothing_but_empty_prompts_can_be_read(make_loaded: Make, task: str) -> None:
    loaded = make_loaded(task=task)
    start = read(loaded, [0, 0])
    log_probs_V, _ = own(loaded, 0)
    assert start.log_probs_PV == pytest.approx(np.stack([log_probs_V] * 2), abs=1e-6)


def texts_of(number: int) -> list[str]:
    chance = np.random.default_rng(5)
    letters = np.array(list("abcdé "))
    return ["".join(chance.choice(letters, n % 37 * (n % 3))) for n in range(number)]


def with_engine(loaded: LoadedModel, engine: Any) -> LoadedModel:
    loaded.__dict__["stepper"] = make_stepper(loaded.language_model, engine)
    return loaded


def told(answer: Answer) -> Any:
    return answer.rank, answer.tokens, answer.text, answer.end, answer.parts_at, answer.prompt


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("task", ["stream", "sentences"])
@pytest.mark.parametrize("decoder", registry.names("decoding"))
def test_a_text_does_not_depend_on_the_prompts_beside_it(
    make_loaded: Make, decoder: str, task: str, engine: str
) -> None:
    loaded = with_engine(make_loaded(task=task, hidden=33, cell="lstm"), engine)
    spec = parse_spec(f"{decoder}:temperature=0.8{BUDGETS.get(decoder, '')}")
    prompts = texts_of(30)
    assert len({len(prompt) for prompt in prompts}) > 10
    within = 0.0 if engine == "native" else 1e-5
    *_, together = continue_texts(loaded, prompts, spec, 8, seed=4)
    for prompt, mine in list(zip(prompts, together.answers_by_prompt(), strict=True))[::3]:
        *_, alone = continue_texts(loaded, [prompt], spec, 8, seed=4)
        expected = alone.answers()
        assert [told(answer) for answer in mine] == [told(answer) for answer in expected]
        for one, other in zip(mine, expected, strict=True):
            pairs = zip(one.token_logprobs, other.token_logprobs, strict=True)
            assert max((abs(a - b) for a, b in pairs), default=0.0) <= within


@pytest.mark.parametrize("engine", ENGINES)
def test_samples_of_many_prompts_do_not_depend_on_their_number(
    make_loaded: Make, engine: str
) -> None:
    loaded = with_engine(make_loaded(task="sentences", hidden=33), engine)
    prompts = texts_of(12)
    spec = parse_spec("sample")
    *_, many = continue_texts(loaded, prompts, spec, 10, num=5)
    *_, few = continue_texts(loaded, prompts[3:5], spec, 10, num=2)
    for more, fewer in zip(many.answers_by_prompt()[3:5], few.answers_by_prompt(), strict=True):
        assert (len(more), len(fewer)) == (5, 2)
        assert [a.tokens for a in more[:2]] == [a.tokens for a in fewer]
        assert len({a.text for a in more}) > 1
        assert [a.rank for a in more] == [1, 2, 3, 4, 5]
