"""The form that starts a run: settings with their help lines, checked while they are written."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import Literal, get_args, get_origin

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widgets import Button, Input, Label, Static

from rnnlab import registry
from rnnlab.config import RunConfig, field_problem
from rnnlab.display import visible
from rnnlab.errors import BadInputError, RnnlabError
from rnnlab.recipes import names as recipe_names
from rnnlab.runs.store import RunStore
from rnnlab.tui.actions import FOCUS_BINDINGS
from rnnlab.tui.estimator import Estimator

_FIRST = (
    "corpus", "task", "cell", "layers", "hidden", "embedding", "epochs", "minutes", "batch",
    "length", "lr", "schedule", "dropout", "clip", "seed",
)  # fmt: skip


_RECIPE_HELP = "A recipe's settings to begin with; all of them can be changed."
_ESTIMATE_AFTER_S = 1.2
"""Pause in the writing after which it is measured what the run would cost."""


class Field(Horizontal):
    """One setting: name, value, and help or what is wrong."""

    def __init__(self, name: str, help_line: str, choices: list[str], default: str) -> None:
        super().__init__(classes="field")
        self.setting = name
        self._help = f"{help_line} ({visible(', '.join(choices))})" if choices else help_line
        self._choices = choices
        self._default = default
        self.problem = ""

    @property
    def explanation(self) -> str:
        """What is wrong with the value, or what the setting is for."""
        return self.problem or self._help

    def compose(self) -> ComposeResult:
        """Make the row."""
        yield Label(self.setting.replace("_", " "), classes="name")
        suggester = SuggestFromList(self._choices) if self._choices else None
        yield Input(
            placeholder=self._default, compact=True, id=f"field-{self.setting}", suggester=suggester
        )
        yield Static(Text(self._help, "dim"), classes="help")

    def show_problem(self, problem: str) -> None:
        """Say what is wrong with the value, or the help where nothing is."""
        problem = visible(problem, newline=" ")
        if problem != self.problem:
            self.problem = problem
            text = Text(self.explanation, "bold red" if problem else "dim")
            self.query_one(".help", Static).update(text, layout=False)


class NewRunScreen(ModalScreen[str | None]):
    """Gives the name of the run that was started, None when the form was left."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal")]
    BINDINGS = [
        *FOCUS_BINDINGS,
        ("escape", "dismiss(None)", "Cancel"),
        ("f5", "start", "Start"),
        ("f6", "queue", "Queue"),
        Binding("up", "app.focus_previous", show=False, priority=True),
        Binding("down", "app.focus_next", show=False, priority=True),
    ]

    def __init__(self, store: RunStore, data: Path | None, corpora: list[str]) -> None:
        super().__init__()
        self._store = store
        self._data = data
        self._corpora = corpora
        self._is_starting = False
        self._written: dict[str, str] = {}
        self._said = Text()
        self._command_timer: Timer | None = None
        self._suggested: dict[str, str] = {}
        self._estimate_timer: Timer | None = None
        self._estimator = Estimator(data)

    def suggest(self, **values: str) -> None:
        """Fill in some fields before the form is shown."""
        self._suggested.update(values)

    def compose(self) -> ComposeResult:
        """Make a field for every setting that most runs need."""
        with Vertical(classes="dialog wide") as dialog:
            dialog.border_title = "New run"
            with VerticalScroll(id="fields", can_focus=False):
                yield Field("recipe", _RECIPE_HELP, list(recipe_names()), "")
                for name in _FIRST:
                    yield self._field(name)
                yield Field("name", "Name of the run; made from the settings when empty.", [], "")
                yield Button("More settings", id="more", compact=True)
            yield Static(id="estimate", markup=False)
            yield Static(id="command", markup=False)
            yield Static(id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Start (enter)", id="start", variant="primary", compact=True)
                yield Button("Queue (F6)", id="queue", compact=True)
                yield Button("Copy command", id="copy", compact=True)
                yield Button("Cancel (esc)", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Begin with the corpus."""
        self.query_one("#field-corpus", Input).focus()
        for name, value in self._suggested.items():
            self.query_one(f"#field-{name}", Input).value = value
        self._show_command()

    async def on_unmount(self) -> None:
        """End the process that measures."""
        await self._estimator.close()

    @on(DescendantFocus)
    def explain(self, event: DescendantFocus) -> None:
        """Say in full what the focused field is for; its row may be too short for it."""
        if isinstance(event.widget.parent, Field):
            self._say(event.widget.parent.explanation, "dim")

    @on(Input.Changed)
    def check(self, event: Input.Changed) -> None:
        """Check a field as it is written."""
        field = event.input.parent
        assert isinstance(field, Field)
        value = event.value.strip()
        is_checked = field.setting not in ("corpus", "name", "recipe")
        field.show_problem(field_problem(field.setting, value) if is_checked else "")
        if event.input.has_focus:
            self._say(field.explanation, "bold red" if field.problem else "dim")
        if field.setting == "recipe" and value in recipe_names():
            self.run_worker(self._take_recipe(value), exclusive=True, group="recipe")
        self._written[field.setting] = value
        if self._estimate_timer is not None:
            self._estimate_timer.stop()
        self._estimate_timer = self.set_timer(_ESTIMATE_AFTER_S, self._ask_estimate)
        if self._command_timer is None:
            # A pasted path comes as many keys: the line below follows once they are in.
            self._command_timer = self.set_timer(0.1, self._show_command)

    @on(Input.Submitted)
    @on(Button.Pressed, "#start")
    async def action_start(self) -> None:
        """Check everything, then start the run; what is wrong is said and the form stays."""
        await self._begin(is_queued=False)

    @on(Button.Pressed, "#queue")
    async def action_queue(self) -> None:
        """Likewise, but let the run wait until a slot is free."""
        await self._begin(is_queued=True)

    @on(Button.Pressed, "#copy")
    def copy(self) -> None:
        """Copy the command line that does the same."""
        self.app.copy_to_clipboard(self._command())
        self._say("copied (in tmux: set-clipboard on)", "dim")

    async def _begin(self, *, is_queued: bool) -> None:
        if self._is_starting:
            return
        self._is_starting = True
        self._say("checking the text…", "dim")
        try:
            name = await asyncio.to_thread(self._start, self._values(), is_queued=is_queued)
        except RnnlabError as error:
            self._say(str(error), "bold red")
        else:
            self.dismiss(name)
        finally:
            self._is_starting = False

    @on(Button.Pressed, "#more")
    async def show_more(self) -> None:
        """Add the settings that few runs need, and go to the first of them."""
        await self._add_more()
        first = next(name for name in RunConfig.model_fields if name not in _FIRST)
        self.query_one(f"#field-{first}", Input).focus()

    async def _add_more(self) -> None:
        """Make the fields that few runs need only when asked for: each costs time."""
        rest = [self._field(name) for name in RunConfig.model_fields if name not in _FIRST]
        await self.query_one("#more").remove()
        await self.query_one("#fields").mount(*rest)

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        """Leave the form."""
        self.dismiss(None)

    def _start(self, values: dict[str, str], *, is_queued: bool) -> str:
        """Start a run; in a thread, since reading a large text takes a while."""
        from rnnlab.recipes import load
        from rnnlab.start import resolve, start_run

        if "corpus" not in values:
            raise BadInputError("which text?", "write a corpus or the path of a text file")
        name = values.pop("name", None)
        recipe = values.pop("recipe", "")
        published = load(recipe).published_losses if recipe in recipe_names() else {}
        config = resolve(values, self._data, self._store)
        run = start_run(config, self._store, name, is_queued=is_queued, published=published)
        return run.name

    async def _take_recipe(self, name: str) -> None:
        """Write a recipe's settings into their fields, all of which are then there."""
        from rnnlab.recipes import base_values, load, locate

        recipe = load(name)
        if self.query("#more"):
            await self._add_more()
        said, style = f"settings of {name}: {recipe.about}", "dim"
        try:
            values = base_values(recipe, {}, self._data)
            values["corpus"] = str(locate(recipe, None, self._data))
        except RnnlabError as error:
            values = dict(recipe.settings)
            said, style = str(error), "bold red"
        for field in self.query(Field):
            if field.setting not in ("recipe", "name"):
                value = values.get(field.setting)
                field.query_one(Input).value = "" if value is None else _as_text(value)
        self._say(said, style)

    def _ask_estimate(self) -> None:
        self._estimate_timer = None
        has_problem = any(field.problem for field in self.query(Field))
        values = {k: v for k, v in self._values().items() if k not in ("name", "recipe")}
        if "corpus" in values and not has_problem:
            self.run_worker(self._show_estimate(values), group="estimate")

    async def _show_estimate(self, values: dict[str, str]) -> None:
        """Say what the run would cost; measured in a process of its own."""
        line = self.query_one("#estimate", Static)
        line.update(Text("measuring…", "dim"), layout=False)
        found = await self._estimator.ask(values)
        if found is not None and self.is_attached:
            style = "bold red" if found.is_problem else "dim"
            line.update(Text(visible(found.text, newline=" "), style), layout=False)

    def _values(self) -> dict[str, str]:
        values = {
            field.setting: field.query_one(Input).value.strip() for field in self.query(Field)
        }
        return {name: value for name, value in values.items() if value}

    def _field(self, name: str) -> Field:
        field = RunConfig.model_fields[name]
        choices = {
            "corpus": self._corpora,
            "cell": list(registry.names("cells")),
            "task": list(registry.names("corpora/tasks")),
        }.get(name, [])
        if get_origin(field.annotation) is Literal:
            choices = [str(choice) for choice in get_args(field.annotation)]
        default = "" if field.is_required() or field.default is None else str(field.default)
        default = {"epochs": "10", "task": "as the corpus asks"}.get(name, default)
        return Field(name, str(field.description), choices, default)

    def _show_command(self) -> None:
        """Show the command line that does the same."""
        self._command_timer = None
        line = visible(self._command(), newline=" ")
        self.query_one("#command", Static).update(Text(f"$ {line}", "dim"), layout=False)

    def _command(self) -> str:
        values = self._values()
        values.pop("recipe", None)
        words = ["rnnlab", "train", values.pop("corpus", "CORPUS")]
        for name, value in values.items():
            words += [f"--{name.replace('_', '-')}", value]
        return shlex.join(words)

    def _say(self, text: str, style: str) -> None:
        said = Text(visible(text, newline=" "), style)
        if said != self._said:
            self._said = said
            self.query_one("#problem", Static).update(said, layout=False)


def _as_text(value: object) -> str:
    """Return a setting as it is written into a field."""
    return str(value).lower() if isinstance(value, bool) else str(value)
