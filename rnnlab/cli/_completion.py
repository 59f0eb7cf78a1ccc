"""Completion of arguments and options in the shell; `rnnlab --install-completion` turns it on.

Each function returns pairs of a value and its description. They run at every press of the tab key:
imports are in the functions, nothing imports torch, and an error only means no completion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rnnlab.base import registry
from rnnlab.base.errors import RnnlabError
from rnnlab.base.paths import paths_beginning

if TYPE_CHECKING:
    from rnnlab.runs.run import Run
    from rnnlab.runs.store import RunStore

Completions = list[tuple[str, str]]
"""Pairs of a value and its description."""
Complete = Callable[[str], Completions]
"""Returns the values that begin with a text."""

_CORPORA_ACTIONS = {
    "list": "list all corpora",
    "show": "profile a corpus",
    "add": "add your file or folder",
    "fetch": "fetch a known corpus",
    "make": "write a generated corpus to a file",
}
_BIN_ACTIONS = {
    "list": "list the deleted runs",
    "restore": "bring deleted runs back",
    "empty": "delete runs in the bin for good",
}
_PROPERTIES = ("quotes", "line-position", "capital", "after-vowel", "word-start", "regex")


def complete_run(context: typer.Context, incomplete: str) -> Completions:
    """Return the names of the runs that begin with `incomplete`."""
    return _beginning(incomplete, ((run.name, "") for run in _store(context)))


def complete_bin_action(incomplete: str) -> Completions:
    """Return the actions of `rnnlab bin`."""
    return _beginning(incomplete, _BIN_ACTIONS.items())


def complete_deleted_run(context: typer.Context, incomplete: str) -> Completions:
    """Return the names of the runs in the bin, those deleted last first."""
    from rnnlab.base.display import moment
    from rnnlab.runs.bin import Bin

    deleted: dict[str, str] = {}
    for entry in Bin(_store(context)).entries():
        deleted.setdefault(entry.name, f"deleted {moment(entry.deleted)}")
    return _beginning(incomplete, deleted.items())


def complete_view(incomplete: str) -> Completions:
    """Return the views of `rnnlab inspect`."""
    return _entries("insight", incomplete)


def complete_property(incomplete: str) -> Completions:
    """Return the properties by which `rnnlab inspect` ranks units."""
    return _beginning(incomplete, ((name, "") for name in _PROPERTIES))


def complete_recipe(incomplete: str) -> Completions:
    """Return the shipped recipes, then TOML files."""
    from rnnlab.recipes import load, names

    shipped = _beginning(incomplete, ((name, load(name).about) for name in names()))
    return shipped + [(path, "") for path in paths_beginning(incomplete, (".toml",))]


def complete_corpus(context: typer.Context, incomplete: str) -> Completions:
    """Return the corpora that need not be fetched, then files of texts and documents."""
    from rnnlab.corpora import describe_corpora
    from rnnlab.settings.groups import field_kind

    described = describe_corpora(_folder(context, "data"))
    corpora = [(one.name, one.summary) for one in described if one.state != "fetch"]
    endings = field_kind("corpus", {"corpus": list}).endings or ()
    return _beginning(incomplete, corpora) + [
        (path, "") for path in paths_beginning(incomplete, endings)
    ]


def complete_corpora_action(context: typer.Context, incomplete: str) -> Completions:
    """Return the actions of `rnnlab corpora`, then the corpora, whose names imply `show`."""
    return _beginning(incomplete, _CORPORA_ACTIONS.items()) + complete_corpus(context, incomplete)


def complete_corpora_name(context: typer.Context, incomplete: str) -> Completions:
    """Return the corpora to which the action of `rnnlab corpora` applies."""
    from rnnlab.corpora import describe_corpora

    action = context.params.get("action")
    if action == "show":
        return complete_corpus(context, incomplete)
    state = {"make": "made", "fetch": "fetch"}.get(str(action))
    described = describe_corpora(_folder(context, "data")) if state else []
    return _beginning(
        incomplete, ((one.name, one.summary) for one in described if one.state == state)
    )


def complete_decoder(incomplete: str) -> Completions:
    """Return the decoders; after a colon or a comma, the options of the decoder."""
    name, colon, written = incomplete.partition(":")
    if not colon:
        return _entries("decoding", incomplete)
    from rnnlab.decoding import option_help, option_names

    if name not in registry.names("decoding"):
        return []
    options = registry.load("decoding", name).DECODER.options
    before, comma, _ = written.rpartition(",")
    return _beginning(
        incomplete,
        (
            (f"{name}:{before}{comma}{key}=", option_help(options, key, field).help)
            for key, field in option_names(options).items()
        ),
    )


def complete_checkpoint(context: typer.Context, incomplete: str) -> Completions:
    """Return the names of checkpoints, then the steps of the run's checkpoints."""
    from rnnlab.runs.checkpoint import NAMES

    named: list[tuple[str, str]] = [(name, "") for name in NAMES]
    steps = [step for run in _run_of(context) for step in run.paths.checkpoint_steps()]
    return _beginning(incomplete, [*named, *((str(step), "step") for step in steps)])


def complete_model(context: typer.Context, incomplete: str) -> Completions:
    """Return runs; after RUN@, the checkpoints of the run."""
    name, at, part = incomplete.rpartition("@")
    if not at:
        return complete_run(context, incomplete)
    from rnnlab.runs.checkpoint import POINTERS

    try:
        steps = _store(context).open(name).paths.checkpoint_steps()
    except RnnlabError:
        return []
    return [(f"{name}@{one}", "") for one in (*POINTERS, *map(str, steps)) if one.startswith(part)]


def complete_sample_step(context: typer.Context, incomplete: str) -> Completions:
    """Return the steps at which a run wrote samples."""
    from rnnlab.runs.samples import read_rounds

    rounds = [one for run in _run_of(context) for one in read_rounds(run.paths)]
    return _beginning(incomplete, ((str(one.step), f"epoch {one.epoch:.2f}") for one in rounds))


def completion_of_setting(name: str) -> Callable[..., Completions] | None:
    """Return the completion of a setting's option; None for a number or another free value."""
    from rnnlab.settings.groups import field_kind

    if name == "init_from":
        return complete_run
    special: dict[str, Complete] = {
        "embeddings": lambda incomplete: [
            (path, "") for path in paths_beginning(incomplete, (".txt", ".gz"))
        ],
        "sample_decoders": complete_decoder,
    }
    if name in special:
        return special[name]
    choices = field_kind(name, {}).choices
    if choices is None:
        return None
    return lambda incomplete: _beginning(incomplete, choices())


def _entries(kind: str, incomplete: str) -> Completions:
    names = registry.names(kind)
    return _beginning(incomplete, ((name, registry.summary(kind, name)) for name in names))


def _beginning(incomplete: str, pairs: Iterable[Sequence[str]]) -> Completions:
    return [(pair[0], pair[1]) for pair in pairs if pair[0].startswith(incomplete)]


def _store(context: typer.Context) -> RunStore:
    from rnnlab.runs.store import RunStore

    return RunStore.default(_folder(context, "checkpoints"))


def _folder(context: typer.Context, option: str) -> Path | None:
    """Return the folder of an option, after the verb or before it; None if it is not set."""
    folder = context.params.get(option)
    if folder is None and context.parent is not None:
        folder = context.parent.params.get(option)
    return None if folder is None else Path(folder)


def _run_of(context: typer.Context) -> list[Run]:
    """Return a list of the run that the command line names; empty if it does not exist."""
    try:
        return [_store(context).open(str(context.params.get("run")))]
    except RnnlabError:
        return []
