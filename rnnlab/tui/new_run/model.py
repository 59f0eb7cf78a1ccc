"""The form of a new run without its widgets: texts of the fields -> settings, problems, command.

The form starts a run in the same way as `rnnlab train`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import real_path
from rnnlab.base.locations import checkpoints_folder
from rnnlab.runs.launch import Launch
from rnnlab.runs.paths import check_run_name
from rnnlab.runs.store import RunStore
from rnnlab.settings.command_line import as_text, train_command
from rnnlab.settings.doubts import doubts
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.values import parse_setting
from rnnlab.submit import Layers, Resolved, Source, check_resolved, origin_of, resolve, start_run


@dataclass(frozen=True)
class Draft:
    """The form at one moment."""

    written: Mapping[str, str]
    """Field (a setting, `recipe` or `name`) -> its text; without the empty fields."""
    values: Mapping[str, Any]
    """Setting -> value, without the empty fields; an invalid text is kept as text."""
    store: RunStore
    data: Path | None
    resolved: Resolved
    problems: Mapping[str, str]
    """Field -> problem; the key "" is for settings that exclude each other."""

    @property
    def faulty(self) -> str | None:
        """The first field with a problem; None if no single field has one."""
        return next((name for name in self.problems if name), None)

    def placeholder(self, name: str) -> str:
        """Return the value that a field has while it is empty; "" for none."""
        return as_text(self._without_text(name)[0])

    def source(self, name: str) -> Source | None:
        """Return the source of the placeholder; None for the fields that are not settings."""
        return self._without_text(name)[1]

    def is_changed(self, name: str) -> bool:
        """Whether the value of a field differs from its placeholder; False for an empty field."""
        return name in self.values and as_text(self.values[name]) != self.placeholder(name)

    def settings(self) -> dict[str, Any]:
        """Return the settings that fields and recipe set; raises BadInputError without a corpus."""
        if self.resolved.needs_corpus:
            raise BadInputError("no corpus", "enter a corpus or the path of a text file")
        return self.resolved.chosen

    def doubt(self) -> str:
        """Return the strange values of valid settings, with their reasons; "" for none."""
        if self.resolved.needs_corpus or self.problems:
            return ""
        return "; ".join(doubts(self.resolved.valid_config()))

    def command(self) -> str:
        """Return the command that trains the same run."""
        is_elsewhere = real_path(self.store.root) != real_path(checkpoints_folder())
        return train_command(
            self.values,
            recipe=self.written.get("recipe"),
            name=self.written.get("name"),
            data=self.data,
            checkpoints=self.store.root if is_elsewhere else None,
        )

    def start(self, *, is_queued: bool, launch_worker: Launch | None = None) -> str:
        """Start the run and return its name. Slow: reads the corpus. Raises BadInputError."""
        if self.faulty is not None:
            raise BadInputError(f"{self.faulty}: {self.problems[self.faulty]}")
        self.settings()
        config = check_resolved(self.resolved, self.data)
        recipe = self.resolved.recipe
        run = start_run(
            config, self.store, self.written.get("name"), is_queued=is_queued,
            published=recipe.published_losses if recipe else {}, launch_worker=launch_worker,
            origin=origin_of(self.resolved, self.written.get("recipe")),
        )  # fmt: skip
        return run.name

    def _without_text(self, name: str) -> tuple[Any, Source | None]:
        fallbacks, settings = self.resolved.fallbacks, self.resolved.settings
        return fallbacks.get(name) or settings.get(name) or (None, None)


def read_draft(written: Mapping[str, str], store: RunStore, data: Path | None = None) -> Draft:
    """Read the fields; fast enough for every key press, because the corpus is not read."""
    written = {name: text.strip() for name, text in written.items() if text.strip()}
    fields = {name: text for name, text in written.items() if name in RunConfig.model_fields}
    values = {name: parse_setting(name, text) for name, text in fields.items()}
    resolved = resolve(Layers(values, recipe=written.get("recipe")), data, store)
    problems = {problem.name: problem.text for problem in resolved.problems}
    if (name := written.get("name")) and (problem := _name_problem(name, store)):
        problems = {key: text for key, text in problems.items() if key} | {"name": problem}
    return Draft(written, values, store, data, resolved, problems)


def _name_problem(name: str, store: RunStore) -> str:
    """Return the reason why no run can be created with this name; "" if it is free."""
    try:
        if store.is_shipped_name(name):
            return f"{name!r} is a run shipped with rnnlab; choose another name"
        if (store.root / check_run_name(name)).exists():
            return f"a run named {name!r} already exists; choose another name"
    except BadInputError as error:
        return str(error)
    return ""
