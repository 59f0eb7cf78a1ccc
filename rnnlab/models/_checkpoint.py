"""Save and load weights, in safetensors format only; build the model of a run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from rnnlab.base.errors import BadInputError, NoCheckpointError, RnnlabError
from rnnlab.base.files import replacing
from rnnlab.corpora import Vocabulary
from rnnlab.models._classifier import Classifier
from rnnlab.models._language_model import LanguageModel
from rnnlab.models._text_model import TextModel
from rnnlab.models.steppers import Stepper, make_stepper
from rnnlab.runs.paths import Pointer, RunPaths
from rnnlab.runs.store import Run
from rnnlab.settings.run_config import RunConfig


@dataclass(frozen=True)
class LoadedModel:
    """A run's model at one checkpoint, in evaluation mode, on its device."""

    model: TextModel
    vocabulary: Vocabulary
    config: RunConfig
    step: int
    name: str
    """Name of the run."""

    @property
    def language_model(self) -> LanguageModel:
        """The model as a language model; raises BadInputError if it is a classifier."""
        if not isinstance(self.model, LanguageModel):
            raise BadInputError(
                f"{self.name!r} is a classifier: it cannot generate or score text",
                "use rnnlab classify",
            )
        return self.model

    @cached_property
    def stepper(self) -> Stepper:
        """The stepper of the language model; raises BadInputError if the model is a classifier."""
        return make_stepper(self.language_model)

    @property
    def classifier(self) -> Classifier:
        """The model as a classifier; raises BadInputError if it is a language model."""
        if not isinstance(self.model, Classifier):
            raise BadInputError(
                f"{self.name!r} is a language model: it cannot classify documents",
                "choose a run trained with --task classify",
            )
        return self.model


def build_model(config: RunConfig, vocabulary: Vocabulary) -> TextModel:
    """Return an untrained model for a run's settings and vocabulary, on the CPU."""
    model: TextModel
    if config.task == "classify":
        model = Classifier(config, len(vocabulary), len(vocabulary.classes))
    else:
        model = LanguageModel(config, len(vocabulary), vocabulary.eos)
    return model.double() if config.dtype == "float64" else model


def save_weights(file: Path, model: TextModel) -> None:
    """Write a model's weights atomically: a reader sees the old file or the complete new one."""
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    with replacing(file) as temporary:
        save_file(tensors, temporary, {"format": "pt"})


def load_weights(file: Path, model: TextModel) -> None:
    """Load weights into a model.

    Raises RnnlabError if they do not fit the model, FileNotFoundError if there is no such file.
    """
    try:
        model.load_state_dict(load_file(file))
    except (SafetensorError, RuntimeError) as error:
        first_line = str(error).partition("\n")[0].rstrip(":")
        raise RnnlabError(f"{file} does not fit this model: {first_line}") from None


def load_model(
    paths: RunPaths, checkpoint: Pointer | int = "last", device: str = "cpu"
) -> LoadedModel:
    """Return a run's model at a checkpoint; retry if the worker deletes the file meanwhile.

    checkpoint: result of `resolve_checkpoint`. device: name of a torch device. Raises
    NoCheckpointError if the run has no such checkpoint.
    """
    config = RunConfig.from_toml(paths.config)
    vocabulary = Vocabulary.load(paths.vocabulary) if paths.vocabulary.exists() else None
    if not paths.checkpoint_steps():
        raise NoCheckpointError(
            f"{paths.name!r} has no checkpoint", _hint_without_checkpoint(paths)
        )
    if vocabulary is None:
        raise BadInputError(
            f"{paths.vocabulary} is missing",
            "restore this file: the model cannot read text without it",
        )
    model = build_model(config, vocabulary)
    for _ in range(10):
        step = checkpoint if isinstance(checkpoint, int) else paths.read_pointer(checkpoint)
        if step is None:
            raise NoCheckpointError(
                f"{paths.name!r} has no {checkpoint} checkpoint yet", "use --checkpoint last"
            )
        try:
            load_weights(paths.weights(step), model)
        except FileNotFoundError:
            if checkpoint == step:
                break
            continue
        return LoadedModel(model.to(device).eval(), vocabulary, config, step, paths.name)
    steps = ", ".join(map(str, paths.checkpoint_steps()))
    raise NoCheckpointError(
        f"{paths.name!r} has no checkpoint {checkpoint}", f"choose one of these steps: {steps}"
    )


def _hint_without_checkpoint(paths: RunPaths) -> str:
    """Return the hint for a run without checkpoints, which depends on the run's state."""
    match Run(paths).status().state:
        case "queued":
            return "the run is queued: try again when it is training"
        case "starting" | "running":
            return "the run is still reading its corpus: try again in a moment"
        case state:
            return f"the run is {state}: start it again with `rnnlab resume {paths.name}`"


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
