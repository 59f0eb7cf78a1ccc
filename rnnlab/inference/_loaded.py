"""Load a run's model: as arrays for the native engine if it can run the model, else into torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError, NoCheckpointError
from rnnlab.corpora import Vocabulary
from rnnlab.inference._check import check_arrays, check_description
from rnnlab.inference.network import (
    Arrays,
    Network,
    layer_shapes,
    read_arrays,
    why_not_native,
    why_not_native_model,
)
from rnnlab.inference.reader import Reader
from rnnlab.inference.steppers import NativeStepper, Stepper
from rnnlab.native import load_library
from rnnlab.runs.paths import Pointer, RunPaths
from rnnlab.runs.run import Run
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from rnnlab.models import Classifier, LanguageModel, TextModel


@dataclass(frozen=True)
class LoadedModel:
    """A run's model at one checkpoint, in evaluation mode, on its device."""

    weights: TextModel | Network
    """A torch model, or the arrays of one."""
    vocabulary: Vocabulary
    config: RunConfig
    step: int
    name: str
    """Name of the run."""

    @property
    def is_classifier(self) -> bool:
        """Whether the model classifies documents; otherwise it is a language model."""
        return self.config.task == "classify"

    @cached_property
    def network(self) -> Network | None:
        """The weights as arrays; None if the native engine cannot run the model here."""
        weights = self.weights
        if isinstance(weights, Network):
            return weights
        if why_not_native_model(weights) or load_library().library is None:
            return None
        return Network.of(weights)

    @cached_property
    def model(self) -> TextModel:
        """The model in torch, which is imported if necessary."""
        weights = self.weights
        if isinstance(weights, Network):
            return _torch_model(
                self.config, self.vocabulary, weights.arrays, "cpu", Path(self.name)
            )
        return weights

    @property
    def language_model(self) -> LanguageModel:
        """The model in torch as a language model; raises BadInputError if it is a classifier."""
        from rnnlab.models import LanguageModel

        self.check_language_model()
        assert isinstance(self.model, LanguageModel)
        return self.model

    @property
    def classifier(self) -> Classifier:
        """The model in torch as a classifier; raises BadInputError if it is a language model."""
        from rnnlab.models import Classifier

        self.check_classifier()
        assert isinstance(self.model, Classifier)
        return self.model

    @cached_property
    def stepper(self) -> Stepper:
        """The stepper of the language model; raises BadInputError if the model is a classifier."""
        self.check_language_model()
        library = load_library().library
        if self.network is not None and library is not None:
            return NativeStepper(self.network, library)
        from rnnlab.inference.steppers._torch import TorchStepper

        return TorchStepper(self.language_model)

    @cached_property
    def reader(self) -> Reader | None:
        """The native engine for whole sequences; None if torch has to run the model."""
        library = load_library().library
        if self.network is None or library is None:
            return None
        return Reader(self.network, library)

    def check_language_model(self) -> None:
        """Raise BadInputError if the model is a classifier."""
        if self.is_classifier:
            raise BadInputError(
                f"{self.name!r} is a classifier: it cannot generate or score text",
                "use rnnlab classify",
            )

    def check_classifier(self) -> None:
        """Raise BadInputError if the model is a language model."""
        if not self.is_classifier:
            raise BadInputError(
                f"{self.name!r} is a language model: it cannot classify documents",
                "choose a run trained with --task classify",
            )


def load_model(
    paths: RunPaths,
    checkpoint: Pointer | int = "last",
    device: str = "cpu",
    read: Callable[[Path], Arrays] = read_arrays,
) -> LoadedModel:
    """Return a run's model at a checkpoint; retry if the worker deletes the file meanwhile.

    checkpoint: result of `resolve_checkpoint`. device: name of a torch device; on the CPU, torch is
    imported only for a model that the native engine cannot run. read: returns the arrays of a file
    of weights. Raises NoCheckpointError if the run has no such checkpoint.
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
    for _ in range(10):
        step = checkpoint if isinstance(checkpoint, int) else paths.read_pointer(checkpoint)
        if step is None:
            yet = " yet" if config.val_fraction else ": it has no validation split"
            raise NoCheckpointError(
                f"{paths.name!r} has no {checkpoint} checkpoint{yet}", "use --checkpoint last"
            )
        file = paths.weights(step)
        try:
            arrays = read(file)
            check_description(config, vocabulary, file)
        except FileNotFoundError:
            if checkpoint == step:
                break
            continue
        network = _network(config, vocabulary, arrays, file) if device == "cpu" else None
        if network is None:
            cell = registry.load("cells", config.cell).CELL
            num_outputs = _num_outputs(config, vocabulary)
            check_arrays(config, len(vocabulary), num_outputs, arrays, file, cell.shapes)
        model = network or _torch_model(config, vocabulary, arrays, device, file)
        return LoadedModel(model, vocabulary, config, step, paths.name)
    steps = ", ".join(map(str, paths.checkpoint_steps()))
    raise NoCheckpointError(
        f"{paths.name!r} has no checkpoint {checkpoint}", f"choose one of these steps: {steps}"
    )


def _network(
    config: RunConfig, vocabulary: Vocabulary, arrays: Arrays, file: Path
) -> Network | None:
    """Return the arrays of a file as a network; None if the native engine cannot run it here.

    Raises RnnlabError if the arrays do not fit the settings.
    """
    num_tokens = len(vocabulary)
    if why_not_native(config, num_tokens, arrays) or load_library().library is None:
        return None
    num_outputs = _num_outputs(config, vocabulary)
    shapes = partial(layer_shapes, config.cell)
    check_arrays(config, num_tokens, num_outputs, arrays, file, shapes)
    eos = None if config.task == "classify" else vocabulary.eos
    return Network(config, num_tokens, num_outputs, eos, arrays)


def _num_outputs(config: RunConfig, vocabulary: Vocabulary) -> int:
    return len(vocabulary.classes if config.task == "classify" else vocabulary)


def _torch_model(
    config: RunConfig, vocabulary: Vocabulary, arrays: Arrays, device: str, file: Path
) -> TextModel:
    from rnnlab.models import build_model, set_weights

    model = build_model(config, vocabulary)
    set_weights(model, arrays, file)
    return model.to(device).eval()


def _hint_without_checkpoint(paths: RunPaths) -> str:
    """Return the hint for a run without checkpoints, which depends on the run's state."""
    match Run(paths).status().state:
        case "queued":
            return "the run is queued: try again when it is training"
        case "starting" | "running":
            return "the run is still reading its corpus: try again in a moment"
        case state:
            return f"the run is {state}: start it again with `rnnlab resume {paths.name}`"
