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
from rnnlab.runs.store import RunStore
from rnnlab.tui.actions import FOCUS_BINDINGS

_FIRST = (
    "corpus", "task", "cell", "layers", "hidden", "embedding", "epochs", "minutes", "batch",
    "length", "lr", "schedule", "dropout", "clip", "seed",
)  # fmt: skip


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

    def suggest(self, **values: str) -> None:
        """Fill in some fields before the form is shown."""
        self._suggested.update(values)

    def compose(self) -> ComposeResult:
        """Make a field for every setting that most runs need."""
        with Vertical(classes="dialog wide") as dialog:
            dialog.border_title = "New run"
            with VerticalScroll(id="fields", can_focus=False):
                for name in _FIRST:
                    yield self._field(name)
                yield Field("name", "Name of the run; made from the settings when empty.", [], "")
                yield Button("More settings", id="more", compact=True)
            yield Static(id="command", markup=False)
            yield Static(id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Start (enter)", id="start", variant="primary", compact=True)
                yield Button("Cancel (esc)", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Begin with the corpus."""
        self.query_one("#field-corpus", Input).focus()
        for name, value in self._suggested.items():
            self.query_one(f"#field-{name}", Input).value = value
        self._show_command()

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
        is_checked = field.setting not in ("corpus", "name")
        field.show_problem(field_problem(field.setting, value) if is_checked else "")
        if event.input.has_focus:
            self._say(field.explanation, "bold red" if field.problem else "dim")
        self._written[field.setting] = value
        if self._command_timer is None:
            # A pasted path comes as many keys: the line below follows once they are in.
            self._command_timer = self.set_timer(0.1, self._show_command)

    @on(Input.Submitted)
    @on(Button.Pressed, "#start")
    async def action_start(self) -> None:
        """Check everything, then start the run; what is wrong is said and the form stays."""
        if self._is_starting:
            return
        self._is_starting = True
        self._say("checking the text…", "dim")
        try:
            name = await asyncio.to_thread(self._start, self._values())
        except RnnlabError as error:
            self._say(str(error), "bold red")
        else:
            self.dismiss(name)
        finally:
            self._is_starting = False

    @on(Button.Pressed, "#more")
    async def show_more(self) -> None:
        """Add the settings that few runs need; made only now, since each field costs time."""
        rest = [self._field(name) for name in RunConfig.model_fields if name not in _FIRST]
        await self.query_one("#more").remove()
        await self.query_one("#fields").mount(*rest)
        rest[0].query_one(Input).focus()

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        """Leave the form."""
        self.dismiss(None)

    def _start(self, values: dict[str, str]) -> str:
        """Start a run; in a thread, since reading a large text takes a while."""
        from rnnlab.start import resolve, start_run

        if "corpus" not in values:
            raise BadInputError("which text?", "write a corpus or the path of a text file")
        name = values.pop("name", None)
        return start_run(resolve(values, self._data, self._store), self._store, name).name

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
        values = self._values()
        words = ["rnnlab", "train", values.pop("corpus", "CORPUS")]
        for name, value in values.items():
            words += [f"--{name.replace('_', '-')}", value]
        line = visible(shlex.join(words), newline=" ")
        self.query_one("#command", Static).update(Text(f"$ {line}", "dim"), layout=False)

    def _say(self, text: str, style: str) -> None:
        said = Text(visible(text, newline=" "), style)
        if said != self._said:
            self._said = said
            self.query_one("#problem", Static).update(said, layout=False)
