"""The settings of a run as the form shows them: what belongs together, and what can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args, get_origin

from rnnlab.base import registry
from rnnlab.settings.run_config import RunConfig

OWN_HELP = MappingProxyType(
    {
        "recipe": "Experiment to begin with: its settings hold where you write nothing.",
        "name": "Name of the run; made from corpus, cell and size when empty.",
    }
)
"""Fields of the form that are no settings."""
_BEGINNING = {
    "Run": ("recipe", "corpus", "task", "name"),
    "Model": ("cell", "layers", "hidden", "embedding"),
    "Training": (
        "epochs", "minutes", "batch", "length", "lr", "schedule", "dropout", "clip", "seed",
    ),
    "More of the text": (
        "tokens", "vocab_size", "alphabet", "limit_chars", "val_fraction", "test_fraction", "part",
    ),
    "More of the model": (
        "init_from", "one_hot", "embedding_std", "embeddings", "frozen", "unknown_vectors", "tied",
        "residual", "bidirectional", "pooling",
    ),
    "Regularisation": (
        "embedding_dropout", "token_dropout", "recurrent_dropout", "variational", "weight_decay",
        "label_smoothing", "average", "clip_value",
    ),
    "More of the training": (
        "optimizer", "warmup", "final_lr", "momentum", "beta2", "steps", "patience",
        "on_divergence", "max_skipped",
    ),
}  # fmt: skip
_REST = "Machine and records"

Choice = tuple[str, str]
"""What is written, and what it is."""


@dataclass(frozen=True)
class FieldKind:
    """What the form knows of a field."""

    name: str
    help: str
    choices: Callable[[], Sequence[Choice]] | None = None
    """What it can be; None where anything may be written. Some of them take a while to list."""
    is_closed: bool = True
    """Whether nothing but the choices goes."""

    @property
    def title(self) -> str:
        """How the field is called."""
        return self.name.replace("_", " ")


def groups() -> Mapping[str, tuple[str, ...]]:
    """Return the fields of every group; a setting that no group names is in the last one."""
    named = {name for names in _BEGINNING.values() for name in names}
    return {
        **_BEGINNING,
        _REST: tuple(name for name in RunConfig.model_fields if name not in named),
    }


def field_kind(name: str, lists: Mapping[str, Callable[[], Sequence[Choice]]]) -> FieldKind:
    """Return what the form knows of a field.

    lists: what is there of fields whose choices change, such as corpora; more may be written.
    """
    if name in lists:
        help_line = OWN_HELP.get(name) or str(RunConfig.model_fields[name].description)
        return FieldKind(name, help_line, lists[name], is_closed=False)
    if name in OWN_HELP:
        return FieldKind(name, OWN_HELP[name])
    field = RunConfig.model_fields[name]
    help_line = str(field.description)
    if name == "cell":
        return FieldKind(name, help_line, lambda: _entries("cells"))
    if name == "task":
        return FieldKind(name, help_line, lambda: _entries("corpora/tasks"))
    if field.annotation is bool:
        return FieldKind(name, help_line, lambda: (("true", "yes"), ("false", "no")))
    if get_origin(field.annotation) is Literal:
        values = tuple((str(value), "") for value in get_args(field.annotation))
        return FieldKind(name, help_line, lambda: values)
    return FieldKind(name, help_line)


def _entries(kind: str) -> tuple[Choice, ...]:
    return tuple((name, registry.summary(kind, name)) for name in registry.names(kind))
