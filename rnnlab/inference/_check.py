"""Compare the arrays of a checkpoint with a run's settings, before any network is built.

Shapes: see `network`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from rnnlab.base.errors import RnnlabError
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import path_of_open
from rnnlab.corpora import Vocabulary
from rnnlab.inference.network import Arrays
from rnnlab.runs.intact import damaged_weights, misfit
from rnnlab.settings.run_config import RunConfig

_DESCRIPTION = "rnnlab"
_DESCRIBED = ("task", "cell", "layers", "residual", "bidirectional", "tied", "one_hot", "pooling")
"""Settings in a description that decide what a model computes."""
LayerShapes = Callable[[int, int], Mapping[str, tuple[int, ...]]]
"""(inputs, hidden units) -> shape of every array of one direction of a layer, by name."""


def check_arrays(
    config: RunConfig,
    vocab_size: int,
    num_outputs: int,
    arrays: Arrays,
    file: Path,
    layer_shapes: LayerShapes,
) -> None:
    """Raise RnnlabError, with the name of the file, if an array does not fit or is not finite."""
    expected = _shapes(config, vocab_size, num_outputs, layer_shapes)
    problem = misfit({name: array.shape for name, array in arrays.items()}, expected)
    for name, array in sorted(arrays.items()):
        if not problem and array.dtype.kind != "f":
            problem = f"{name} has numbers of type {array.dtype}"
    if problem:
        raise RnnlabError(f"{file} does not fit this model: {problem}")
    for name, array in sorted(arrays.items()):
        if not np.isfinite(array).all():
            raise damaged_weights(file, f"{name} has a number that is not finite")


def check_description(config: RunConfig, vocabulary: Vocabulary, file: Path) -> None:
    """Raise RnnlabError, with the name of the file, if weights describe another model.

    Weights of the same shapes may be of a model with other settings or tokens: it would write other
    text. Weights of older versions of rnnlab describe nothing.
    """
    from safetensors import safe_open

    with path_of_open(file) as path, safe_open(path, "numpy") as stored:
        text = (stored.metadata() or {}).get(_DESCRIPTION)
    try:
        fields = {} if text is None else parse_json(text)
        tokens = fields.get("vocabulary", {}).get("tokens")
    except (ValueError, AttributeError):
        raise damaged_weights(file, "its description is not valid") from None
    for name in _DESCRIBED:
        value, expected = fields.get(name), getattr(config, name)
        if value is not None and value != expected:
            raise RnnlabError(
                f"{file} does not fit this model: it has {name} = {_text(value)} instead of "
                f"{_text(expected)}"
            )
    if tokens is not None and tokens != list(vocabulary.tokens):
        raise RnnlabError(f"{file} does not fit this model: it has another vocabulary")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shapes(
    config: RunConfig, vocab_size: int, num_outputs: int, layer_shapes: LayerShapes
) -> dict[str, tuple[int, ...]]:
    suffixes = ("", "_reverse") if config.bidirectional else ("",)
    num_features = len(suffixes) * config.hidden
    shapes: dict[str, tuple[int, ...]] = {"head.bias": (num_outputs,)}
    if not config.one_hot:
        shapes["embedding.weight"] = (vocab_size, config.embedding)
    if not config.tied:
        shapes["head.weight"] = (num_outputs, num_features)
    for number in range(config.layers):
        inputs = num_features
        if number == 0:
            inputs = vocab_size if config.one_hot else config.embedding
        for suffix in suffixes:
            for name, shape in layer_shapes(inputs, config.hidden).items():
                shapes[f"rnn.{name}_l{number}{suffix}"] = tuple(shape)
    return shapes
