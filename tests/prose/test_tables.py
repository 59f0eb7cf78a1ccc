"""The tables of the documents name every entry of the package and no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest

from rnnlab.base import registry
from rnnlab.base.preferences import known
from rnnlab.decoding import FILTERS, Options, option_names
from rnnlab.runs.fields import FIGURES, TEXTS
from rnnlab.settings.run_config import RunConfig
from rnnlab.tui.shell.screen_registry import entries
from tests.prose.help_lines import verbs
from tests.prose.tables import Table, all_tables
from tests.prose.texts import documents, name_of

TABLES = all_tables()
EVERYWHERE = {"--checkpoints", "--data", "--json", "--help"}
"""Options of most verbs, which the documents describe once."""
OF_OTHER_TESTS = {"about", "tensorboard"}
"""Kinds of tables that tests compare with files of a run: of its weights, of TensorBoard."""
FOREIGN = {
    "--tour", "--logdir", "--snapshot-update", "--version", "--install-completion", "--option",
}  # fmt: skip
"""Options of other programs, of `rnnlab` without a verb, and of no program."""


def own_options() -> set[str]:
    """Return the options that some decoders have and others have not."""
    decoders = (registry.load("decoding", name).DECODER for name in registry.names("decoding"))
    return {key for decoder in decoders for key in option_names(decoder.options)} - shared_options()


def shared_options() -> set[str]:
    return set(option_names(Options))


EXPECTED: dict[str, Callable[[], Iterable[str]]] = {
    "verbs": verbs,
    "screens": lambda: (entry.title for entry in entries()),
    "preferences": lambda: (field.name for field in known()),
    "decoders": lambda: registry.names("decoding"),
    "decoder-options": own_options,
    "tasks": lambda: registry.names("corpora/tasks"),
    "corpora": lambda: registry.names("corpora"),
    "sources": lambda: registry.names("corpora/sources"),
    "cells": lambda: registry.names("cells"),
    "views": lambda: registry.names("insight"),
    "plots": lambda: registry.names("plots"),
    "fields": lambda: (*TEXTS, *FIGURES),
}
"""What the first column of a table of each kind names."""


def tables_of(kind: str) -> list[Table]:
    return [table for table in TABLES if table.kind == kind]


def differences(named: Iterable[str], expected: Iterable[str]) -> list[str]:
    named, expected = set(named), set(expected)
    missing = [f"{name} is missing" for name in sorted(expected - named)]
    return missing + [f"{name} does not exist" for name in sorted(named - expected)]


def options_of(verb: str) -> set[str]:
    """Return the long options of a verb that are neither settings of a run nor shared by most."""
    names = {name for parameter in verbs()[verb].params for name in parameter.opts}
    return {name for name in names if name.startswith("--")} - EVERYWHERE


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_table_names_every_entry_and_no_other(kind: str) -> None:
    assert tables_of(kind), f"no document has a table of {kind}"
    for table in tables_of(kind):
        names = [span for row in table.rows for span in row[0]] if kind == "screens" else None
        wrong = differences(names or table.first_column(), EXPECTED[kind]())
        assert not wrong, f"{table.place}: {', '.join(wrong)}"


def test_every_table_is_checked() -> None:
    checked = {*EXPECTED, "filters", "limits", "settings", "options", *OF_OTHER_TESTS}
    assert {table.kind for table in TABLES} == checked


def test_the_table_of_settings_is_complete() -> None:
    (table,) = tables_of("settings")
    names = {f"--{name.replace('_', '-')}" for name in RunConfig.model_fields if name != "corpus"}
    assert not differences(table.all_columns(), names), table.place


def test_the_table_of_options_is_complete() -> None:
    (table,) = tables_of("options")
    settings = {f"--{name.replace('_', '-')}" for name in RunConfig.model_fields}
    rows = {row[0][0]: {span for span in row[1] if span.startswith("--")} for row in table.rows}
    for verb in verbs():
        has_settings = options_of(verb) >= settings - {"--corpus"}
        expected = options_of(verb) - (settings if has_settings else set())
        wrong = differences(rows.pop(verb, set()), expected)
        assert not wrong, f"{table.place}: {verb}: {', '.join(wrong)}"
    assert not rows, f"{table.place}: no verbs: {', '.join(rows)}"


def test_the_tables_of_filters_and_limits_are_complete() -> None:
    (filters,), (limits,) = tables_of("filters"), tables_of("limits")
    named = [*filters.first_column(), *limits.first_column()]
    assert not differences(named, shared_options()), filters.place
    assert len(filters.first_column()) == len(registry.names("decoding/filters")), filters.place


def test_the_table_of_filters_has_the_order_of_the_chain() -> None:
    (table,) = tables_of("filters")
    assert table.first_column() == [one.option for one in FILTERS.values()], table.place


@pytest.mark.parametrize("document", [name_of(file) for file in documents()])
def test_every_option_in_a_document_exists(document: str) -> None:
    (file,) = (file for file in documents() if name_of(file) == document)
    parameters = [p for command in verbs().values() for p in command.params]
    exist = {name for p in parameters for name in [*p.opts, *p.secondary_opts]}
    exist |= {f"--no-{name[2:]}" for name in exist} | EVERYWHERE | FOREIGN
    lines = file.read_text(encoding="utf-8").splitlines()
    unknown = [
        f"{document}:{number}: {option}"
        for number, line in enumerate(lines, 1)
        if not re.search(r"tests[/.](matrix|soak|benchmarks)|pytest", line)
        for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", line)
        if option not in exist
    ]
    assert not unknown
