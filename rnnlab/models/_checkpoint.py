"""Save and load weights, in safetensors format only; build the model of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.regular_files import UnfitFileError, path_of_open
from rnnlab.corpora import Vocabulary
from rnnlab.models._classifier import Classifier
from rnnlab.models._language_model import LanguageModel
from rnnlab.models._tensor_file import save_tensors
from rnnlab.models._text_model import TextModel
from rnnlab.runs.intact import check_weights, damaged_weights, misfit
from rnnlab.settings.run_config import RunConfig


def build_model(config: RunConfig, vocabulary: Vocabulary) -> TextModel:
    """Return an untrained model for a run's settings and vocabulary, on the CPU."""
    model: TextModel
    if config.task == "classify":
        model = Classifier(config, len(vocabulary), len(vocabulary.classes))
    else:
        model = LanguageModel(config, len(vocabulary), vocabulary.eos)
    return model.double() if config.dtype == "float64" else model


def save_weights(file: Path, model: TextModel, metadata: Mapping[str, str] | None = None) -> None:
    """Write a model's weights atomically: a reader sees the old file or the complete new one.

    metadata: result of `describe`; None for weights that say nothing about their model. Raises
    OSError.
    """
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_tensors(file, tensors, {"format": "pt"} if metadata is None else metadata)


def load_weights(file: Path, model: TextModel) -> None:
    """Load weights into a model.

    Raises RnnlabError if they are damaged or do not fit the model, FileNotFoundError if there is no
    such file.
    """
    check_weights(file)
    try:
        with path_of_open(file) as path:
            tensors = load_file(path)
    except UnfitFileError as error:
        raise damaged_weights(file, f"it is {error.strerror or error}") from None
    except SafetensorError as error:
        raise damaged_weights(file, str(error).partition("\n")[0].rstrip(":")) from None
    for name, tensor in sorted(tensors.items()):
        if not tensor.isfinite().all():
            raise damaged_weights(file, f"{name} has a number that is not finite")
    fit(model, tensors, file)


def set_weights(model: TextModel, arrays: Mapping[str, NDArray[Any]], file: Path) -> None:
    """Copy the arrays of a file into a model; raises RnnlabError if they do not fit the model."""
    fit(model, {name: torch.from_numpy(array) for name, array in arrays.items()}, file)


def fit(model: TextModel, tensors: Mapping[str, Tensor], file: Path) -> None:
    """Copy tensors into a model.

    file: file of the tensors. Raises RnnlabError, which names the first tensor that does not fit,
    its shape and the expected shape, or the type of numbers that are not floating-point numbers.
    """
    problem = misfit(
        {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()},
    )
    for name, tensor in sorted(tensors.items()):
        if not tensor.is_floating_point():
            problem = problem or f"{name} has numbers of type {tensor.dtype}"
    if problem:
        raise RnnlabError(f"{file} does not fit this model: {problem}")
    model.load_state_dict(tensors)


def resolve_device(setting: str) -> torch.device:
    """Return the device that a setting names: `auto`, `cpu`, `cuda` or `cuda:N`.

    Raises BadInputError if this machine does not have the device.
    """
    name = setting
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda"):
        index = int(name.partition(":")[2] or 0)
        if index >= torch.cuda.device_count():
            raise BadInputError(f"there is no device {name}", "use --device cpu")
    return torch.device(name)
