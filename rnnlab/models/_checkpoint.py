"""A model's weights on disk, and a run's model rebuilt from its directory; safetensors alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replacing
from rnnlab.corpora import Vocabulary
from rnnlab.models._classifier import Classifier
from rnnlab.models._language_model import LanguageModel
from rnnlab.models._text_model import TextModel
from rnnlab.models.steppers import Stepper, make_stepper
from rnnlab.runs.fresh_checkpoint import await_first, resolve_live
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.store import Run
from rnnlab.settings.run_config import RunConfig

Which = Literal["last", "best", "live"] | int
"""A checkpoint: the newest, the one with the lowest validation loss, the newest once a run that
trains was asked to save, or that of a step."""


@dataclass(frozen=True)
class LoadedModel:
    """A run's model at one checkpoint, ready to be used."""

    model: TextModel
    vocabulary: Vocabulary
    config: RunConfig
    step: int
    name: str
    """Of the run."""

    @property
    def language_model(self) -> LanguageModel:
        """The model, for whoever continues or scores a text; raises BadInputError for others."""
        if not isinstance(self.model, LanguageModel):
            raise BadInputError(
                f"{self.name!r} classifies documents, it writes none", "use rnnlab classify"
            )
        return self.model

    @cached_property
    def stepper(self) -> Stepper:
        """The language model, a token at a time; raises BadInputError for a classifier."""
        return make_stepper(self.language_model)

    @property
    def classifier(self) -> Classifier:
        """The model, for whoever classifies a document; raises BadInputError for others."""
        if not isinstance(self.model, Classifier):
            raise BadInputError(
                f"{self.name!r} is a language model", "classify with a run of --task classify"
            )
        return self.model


def build_model(config: RunConfig, vocabulary: Vocabulary) -> TextModel:
    """Return the model that a run's settings and vocabulary describe, with initial weights."""
    model: TextModel
    if config.task == "classify":
        model = Classifier(config, len(vocabulary), len(vocabulary.classes))
    else:
        model = LanguageModel(config, len(vocabulary), vocabulary.eos)
    return model.double() if config.dtype == "float64" else model


def save_weights(file: Path, model: TextModel) -> None:
    """Write a model's weights so that a reader sees all of them or the file before."""
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    with replacing(file) as temporary:
        save_file(tensors, temporary, {"format": "pt"})


def load_weights(file: Path, model: TextModel) -> None:
    """Read weights into a model; raises RnnlabError when they cannot be read or do not fit."""
    try:
        model.load_state_dict(load_file(file))
    except (SafetensorError, RuntimeError) as error:
        first = str(error).partition("\n")[0].rstrip(":")
        raise RnnlabError(f"{file} does not fit this model: {first}") from None


def load_model(paths: RunPaths, which: Which = "last", device: str = "cpu") -> LoadedModel:
    """Rebuild a run's model; a checkpoint that its worker replaces meanwhile is looked up again.

    Raises BadInputError when the run has no such checkpoint.
    """
    if which == "live":
        await_first(paths)
    wanted = resolve_live(paths, which)
    config = RunConfig.from_toml(paths.config)
    vocabulary = Vocabulary.load(paths.vocabulary) if paths.vocabulary.exists() else None
    if not paths.checkpoint_steps():
        raise BadInputError(f"{paths.name!r} has no checkpoint", _why_none(paths))
    if vocabulary is None:
        raise BadInputError(f"{paths.vocabulary} is missing", "no text can be read without it")
    model = build_model(config, vocabulary)
    for _ in range(10):
        step = wanted if isinstance(wanted, int) else paths.read_pointer(wanted)
        if step is None:
            raise BadInputError(
                f"{paths.name!r} has no {wanted} checkpoint yet", "try --checkpoint last"
            )
        try:
            load_weights(paths.weights(step), model)
        except FileNotFoundError:
            if wanted == step:
                break
            continue
        return LoadedModel(model.to(device).eval(), vocabulary, config, step, paths.name)
    steps = ", ".join(map(str, paths.checkpoint_steps()))
    raise BadInputError(f"{paths.name!r} has no checkpoint {which}", f"kept: {steps}")


def _why_none(paths: RunPaths) -> str:
    """Say what becomes of a run that has saved nothing."""
    match Run(paths).status().state:
        case "queued":
            return "it waits in the queue: ask once it trains"
        case "starting" | "running":
            return "it is still reading its corpus: ask again"
        case state:
            return f"it is {state}: `rnnlab resume {paths.name}` starts it again"


def parse_checkpoint(text: str) -> Which:
    """Return the checkpoint that a text means; raises BadInputError."""
    if text == "last":
        return "last"
    if text == "best":
        return "best"
    if text == "live":
        return "live"
    if text.isascii() and text.isdigit():
        return int(text)
    raise BadInputError(f"{text!r} is no checkpoint", "write last, best, live or a step")


def resolve_device(wish: str) -> torch.device:
    """Return the device that a setting names; raises BadInputError when it is not there."""
    if wish == "auto":
        wish = "cuda" if torch.cuda.is_available() else "cpu"
    if wish.startswith("cuda"):
        index = int(wish.partition(":")[2] or 0)
        if index >= torch.cuda.device_count():
            raise BadInputError(f"there is no device {wish}", "use --device cpu")
    return torch.device(wish)
