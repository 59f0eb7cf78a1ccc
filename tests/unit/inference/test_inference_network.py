"""Weights as arrays: those that do not fit are refused by name; the rest run on both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.base import registry
from rnnlab.base.errors import RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.decoding import parse_spec
from rnnlab.inference import LoadedModel, continue_texts, load_model, score_text
from rnnlab.inference.network import Network
from rnnlab.runs.paths import RunPaths
from tests.toys.engines import in_torch
from tests.toys.numeric import assert_close
from tests.toys.steppers import NATIVE_CELLS, needs_native

Make = Callable[..., LoadedModel]
Save = Callable[[LoadedModel, int], RunPaths]
BUDGETS = {"exact": ":budget=100"}
"""Options of the decoders that would search for long."""


@needs_native
@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"hidden": 9}, "weight"),
        ({"layers": 3}, "it has no rnn."),
        ({"layers": 1}, "which the model does not have"),
        ({"embedding": 4}, r"\[6, 5\] instead of \[6, 4\]"),
        ({"tied": True, "embedding": 7}, "embedding.weight"),
        ({"cell": "gru"}, "instead of"),
    ],
)
def test_weights_of_another_shape_are_refused(
    make_loaded: Make, save_run: Save, settings: dict[str, object], problem: str
) -> None:
    loaded = make_loaded()
    paths = save_run(loaded, 3)
    replace_text(paths.config, loaded.config.model_copy(update=settings).to_toml())
    with pytest.raises(RnnlabError, match=problem) as caught:
        load_model(paths)
    assert f"{paths.weights(3)} does not fit this model" in str(caught.value)


@needs_native
def test_the_torch_model_of_loaded_arrays_has_their_weights(
    make_loaded: Make, save_run: Save
) -> None:
    saved = make_loaded(cell="rnn-sigmoid")
    loaded = load_model(save_run(saved, 3))
    assert isinstance(loaded.network, Network)
    assert loaded.network.arrays.keys() == saved.model.state_dict().keys()
    for name, tensor in loaded.language_model.state_dict().items():
        assert torch.equal(tensor, saved.model.state_dict()[name])
    assert not loaded.model.training


@needs_native
def test_a_large_vocabulary_has_the_table_of_a_small_one(make_loaded: Make) -> None:
    """The table is computed in parts."""
    config = make_loaded(hidden=2, layers=1, cell="rnn").config
    random = np.random.default_rng(1)
    shapes = {"embedding.weight": (9000, 5), "rnn.weight_ih_l0": (2, 5), "rnn.bias_ih_l0": (2,)}
    arrays: dict[str, Any]
    arrays = {n: random.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    arrays |= {"rnn.weight_hh_l0": np.zeros((2, 2)), "rnn.bias_hh_l0": np.zeros(2)}
    network = Network(config, 9000, 9000, None, arrays)
    assert not network.has_table()
    wide = arrays["embedding.weight"].astype(np.float64) @ arrays["rnn.weight_ih_l0"].T
    assert_close(network.table(), wide + arrays["rnn.bias_ih_l0"], terms=6, dtype=np.float32)
    assert network.has_table()


@needs_native
@pytest.mark.parametrize("cell", NATIVE_CELLS)
def test_a_text_has_the_score_that_torch_gives_it(make_loaded: Make, cell: str) -> None:
    loaded = make_loaded(cell=cell, task="sentences")
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.mul_(0.3)
    found, expected = (score_text(one, "bad éa cab") for one in (loaded, in_torch(loaded)))
    terms = 11 * 2 * 14
    assert_close(found.token_logprobs, expected.token_logprobs, terms=terms, dtype=np.float32)
    assert found.eos_logprob is not None
    assert expected.eos_logprob is not None
    assert_close(found.eos_logprob, expected.eos_logprob, terms=terms, dtype=np.float32)
    assert found.tokens == expected.tokens


@needs_native
@pytest.mark.parametrize("decoder", registry.names("decoding"))
def test_both_engines_write_the_same_text_from_the_same_seed(
    make_loaded: Make, decoder: str
) -> None:
    loaded = make_loaded(task="sentences", cell="lstm", hidden=16)
    spec = parse_spec(f"{decoder}{BUDGETS.get(decoder, '')}")
    texts = []
    for one in (loaded, in_torch(loaded)):
        *_, last = continue_texts(one, ["ab", "", "dé a"], spec, 12, num=2, seed=5)
        texts.append([(a.tokens, a.text, a.end, a.rank) for a in last.answers()])
    assert texts[0] == texts[1]
