"""The groups of the settings, in the form and in `rnnlab train --help-all`; a field's choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rnnlab.base import registry
from rnnlab.settings.fields import setting_fields

OWN_HELP = MappingProxyType(
    {
        "recipe": "Recipe (`rnnlab recipes`) whose settings replace the defaults.",
        "name": "Name of the run (default: made from corpus, cell and size).",
    }
)
"""Help of the fields that are not settings."""
_GROUPS = {
    "Run": ("recipe", "corpus", "task", "name"),
    "Model": ("cell", "layers", "hidden", "embedding"),
    "Training": (
        "epochs", "steps", "minutes", "batch", "length", "lr", "schedule", "dropout", "clip",
        "seed",
    ),
    "Text and split": (
        "tokens", "vocab_size", "alphabet", "limit_chars", "val_fraction", "test_fraction", "part",
        "errors",
    ),
    "Model details": (
        "init_from", "one_hot", "embedding_std", "embeddings", "frozen", "unknown_vectors", "tied",
        "residual", "bidirectional", "pooling",
    ),
    "Regularization": (
        "embedding_dropout", "token_dropout", "recurrent_dropout", "variational", "weight_decay",
        "label_smoothing", "average", "clip_value",
    ),
    "Training details": (
        "optimizer", "warmup", "final_lr", "momentum", "beta2", "patience", "target",
        "on_divergence", "max_skipped",
    ),
}  # fmt: skip
_ENDINGS_OF_PATHS = {
    "corpus": tuple(
        f".{kind}{gz}" for kind in ("txt", "csv", "tsv", "jsonl") for gz in ("", ".gz")
    ),
    "embeddings": (".txt", ".txt.gz"),
}
"""Setting that may be a path -> endings of its files."""
COMMON_GROUPS = frozenset({"Run", "Model", "Training"})
"""Titles of the groups that a short help shows."""
_LAST_GROUP = "Hardware and logging"

Choice = tuple[str, str]
"""A value and its description."""


@dataclass(frozen=True)
class FieldKind:
    """A field of the form."""

    name: str
    help: str
    choices: Callable[[], Sequence[Choice]] | None = None
    """Function that lists the possible values and may read the disk; None for free text."""
    is_closed: bool = True
    """Whether the choices are the only valid values."""
    endings: tuple[str, ...] | None = None
    """Endings of the files that the field may name; None if its value is not a path."""

    @property
    def title(self) -> str:
        """The label of the field."""
        return self.name.replace("_", " ")


def groups() -> Mapping[str, tuple[str, ...]]:
    """Return title -> fields; the last group has the settings that no other group lists."""
    named = {name for names in _GROUPS.values() for name in names}
    return {
        **_GROUPS,
        _LAST_GROUP: tuple(name for name in setting_fields() if name not in named),
    }


def field_kind(name: str, lists: Mapping[str, Callable[[], Sequence[Choice]]]) -> FieldKind:
    """Return a field of the form by its name.

    lists: field -> function that lists its choices, for fields whose choices change, such as
    corpora. These fields also accept values that are not listed.
    """
    if name in lists:
        help_line = OWN_HELP.get(name) or setting_fields()[name].help
        endings = _ENDINGS_OF_PATHS.get(name)
        return FieldKind(name, help_line, lists[name], is_closed=False, endings=endings)
    if name in OWN_HELP:
        return FieldKind(name, OWN_HELP[name])
    field = setting_fields()[name]
    if name == "cell":
        return FieldKind(name, field.help, lambda: _entries("cells"))
    if name == "task":
        return FieldKind(name, field.help, lambda: _entries("corpora/tasks"))
    if field.is_switch:
        return FieldKind(name, field.help, lambda: (("true", "yes"), ("false", "no")))
    if field.choices:
        values = tuple((value, "") for value in field.choices)
        return FieldKind(name, field.help, lambda: values)
    return FieldKind(name, field.help)


def _entries(kind: str) -> tuple[Choice, ...]:
    return tuple((name, registry.summary(kind, name)) for name in registry.names(kind))
