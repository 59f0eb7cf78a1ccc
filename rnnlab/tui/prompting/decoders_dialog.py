"""A dialog to select decoders and set their options, in a form or in a line of specs."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from rnnlab.base import registry
from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.decoding import OptionHelp, make_spec, options_of, parse_spec, spec_values, split_specs
from rnnlab.tui.shell.actions import FOCUS_BINDINGS
from rnnlab.tui.shell.dialogs.dialog import Dialog
from rnnlab.tui.shell.help_line import HelpLine
from rnnlab.tui.shell.option_rows import OptionRows
from rnnlab.tui.shell.size_classes import add_size_classes

_SELECTED, _UNSELECTED = "[x]", "[ ]"
"""Marks of a row, readable without colour."""
_ROW = 22
"""Width in columns of a row of the list."""
_LIST = "Space selects a decoder or removes it; tab goes to its options, enter accepts the list."
_LINE = "The selected decoders, written as on the command line and separated by blanks."


class OptionField(Horizontal):
    """A row for one option: name, value, help."""

    def __init__(self, option: OptionHelp, value: str) -> None:
        super().__init__(classes="field")
        self.option = option
        self._value = value

    def compose(self) -> ComposeResult:
        """Yield the name, the field for the value, and the help."""
        choices = list(self.option.choices)
        yield Label(self.title, classes="name")
        yield Input(
            self._value,
            placeholder=self.option.shown_default,
            compact=True,
            id=f"option-{self.option.name}",
            suggester=SuggestFromList(choices) if choices else None,
        )
        yield HelpLine(self.explanation, classes="help")

    @property
    def title(self) -> str:
        """The name of the option."""
        return self.option.name.replace("_", " ")

    @property
    def explanation(self) -> str:
        """The help of the option and its choices."""
        choices = f" ({', '.join(self.option.choices)})" if self.option.choices else ""
        return visible(f"{self.option.help}{choices}", newline=" ")


class DecodersScreen(Dialog[list[str] | None]):
    """A dialog that returns the specs of the selected decoders; None if it is cancelled."""

    DEFAULT_CSS = """
    DecodersScreen { align: center middle; }
    DecodersScreen #specs-line { height: 1; }
    DecodersScreen #specs { width: 1fr; }
    DecodersScreen #problem { height: 5; border-top: solid $surface-lighten-2; border-title-color: $accent; }
    DecodersScreen #list { width: 25; height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1; }
    DecodersScreen #options { width: 1fr; height: 1fr; padding: 0 0 0 1; scrollbar-size-vertical: 1; }
    DecodersScreen #about { height: auto; max-height: 2; padding-left: 1; color: $text-muted; }
    DecodersScreen .field:focus-within { background: $surface-lighten-1; .name { color: $accent; text-style: bold; } }
    DecodersScreen .field { height: 1; }
    DecodersScreen .field .name { width: 13; }
    DecodersScreen .field Input { width: 14; }
    DecodersScreen.-narrow .field Input { width: 8; }
    DecodersScreen .field .help { width: 1fr; height: 1; color: $text-muted; padding: 0 1; }
    """  # noqa: E501
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal")]
    BINDINGS = [
        *FOCUS_BINDINGS,
        ("escape", "dismiss(None)", "Cancel"),
        ("f9", "give", "Use these"),
    ]

    def __init__(self, line: str) -> None:
        """Select the decoders of the valid specs in a line."""
        super().__init__()
        self._line = line
        self._specs: list[str] = _valid_specs(line)
        self._shown = ""
        """The spec or name of the decoder whose options the form shows."""

    def compose(self) -> ComposeResult:
        """Yield the line of specs, and below it the decoders (left) and the options (right)."""
        add_size_classes(self)
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Decoders"
            dialog.border_subtitle = "space selects · tab options · enter accepts"
            with Horizontal(id="specs-line"):
                yield Label("specs ", classes="name")
                yield Input(self._line, id="specs", compact=True)
            with Horizontal():
                yield OptionRows(id="list", markup=False)
                with Vertical():
                    yield Static(id="about", markup=False)
                    yield VerticalScroll(id="options", can_focus=False)
            yield Static(id="problem", markup=False)

    async def on_mount(self) -> None:
        """Show the options of the first selected decoder."""
        self.set_focus(self.query_one("#list"))  # at once: `focus` would wait for the options
        self._fill(0)
        self._explain()
        await self._show_options(self._names()[0])
        self.watch(self, "focused", self._follow)

    def _names(self) -> list[str]:
        """Return the rows of the list: the selected specs, then every other decoder."""
        used = {spec.partition(":")[0] for spec in self._specs}
        return [*self._specs, *(name for name in registry.names("decoding") if name not in used)]

    def _fill(self, highlighted: int) -> None:
        rows = self.query_one("#list", OptionList)
        with self.prevent(OptionList.OptionHighlighted):
            rows.clear_options()
            rows.add_options(
                [
                    Option(_row(name, is_selected=place < len(self._specs)))
                    for place, name in enumerate(self._names())
                ]
            )
            rows.highlighted = min(highlighted, rows.option_count - 1)

    @on(OptionList.OptionHighlighted)
    async def follow(self, event: OptionList.OptionHighlighted) -> None:
        """Show the options of the decoder under the cursor."""
        await self._show_options(self._names()[event.option_index])

    async def _show_options(self, spec: str) -> None:
        """Show one field per option of a decoder."""
        self._shown = spec
        name, values = spec_values(spec)
        self.query_one("#about", Static).update(registry.summary("decoding", name))
        fields = [OptionField(option, values.get(option.name, "")) for option in options_of(name)]
        options = self.query_one("#options", VerticalScroll)
        async with self.batch():
            await options.remove_children()
            await options.mount_all(fields)

    def key_space(self) -> None:
        """Select or remove the decoder under the cursor."""
        rows = self.query_one("#list", OptionList)
        if not rows.has_focus or rows.highlighted is None:
            return
        place = rows.highlighted
        if place < len(self._specs):
            del self._specs[place]
        else:
            self._specs.append(self._names()[place])
        self._write_line()
        self._fill(place)
        self._explain("" if self._specs else "select at least one decoder")

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def action_give(self) -> None:
        """Close and return the specs of the line, or show the first error in it."""
        try:
            specs = split_specs(self.query_one("#specs", Input).value)
            for spec in specs:
                parse_spec(spec)
            if not specs:
                raise BadInputError("no decoder is selected", "press space to select one")
        except BadInputError as error:
            self._explain(str(error))
        else:
            self.dismiss(specs)

    @on(Input.Changed, "#specs")
    async def read_line(self, event: Input.Changed) -> None:
        """Update the list and the options from the line."""
        if not event.input.has_focus:
            return
        try:
            specs = split_specs(event.value)
            for spec in specs:
                parse_spec(spec)
        except BadInputError as error:
            self._explain(str(error))
            return
        self._specs = specs
        self._fill(0)
        await self._show_options(self._names()[0])
        self._explain()

    @on(Input.Changed, ".field Input")
    def read_option(self, event: Input.Changed) -> None:
        """Update the spec of the decoder whose option has changed, and select this decoder."""
        if not event.input.has_focus:
            return
        values = {
            field.option.name: field.query_one(Input).value for field in self.query(OptionField)
        }
        try:
            spec = make_spec(self._shown.partition(":")[0], values)
        except BadInputError as error:
            self._explain(str(error))
            return
        if self._shown in self._specs:
            self._specs[self._specs.index(self._shown)] = spec
        else:
            self._specs.append(spec)
        self._shown = spec
        self._write_line()
        self._fill(self._specs.index(spec))
        self._explain()

    def _follow(self) -> None:
        """Show the help of the focused widget."""
        self._explain()

    def _explain(self, problem: str = "") -> None:
        """Show an error, or the full help of the focused widget: its row may truncate the help."""
        area = self.query_one("#problem", Static)
        field = self.focused.parent if self.focused is not None else None
        title, help_line = "specs", _LINE
        if isinstance(field, OptionField):
            title, help_line = field.title, field.explanation
        elif self.focused is not None and self.focused.id == "list":
            title, help_line = "decoders", _LIST
        area.border_title = title
        if problem:
            area.update(Text(visible(problem, newline=" "), "bold red"), layout=False)
            return
        text = Text(help_line)
        if self._shown in self._specs:
            chain = " → ".join(parse_spec(self._shown).chain)
            text.append(f"\nruns as {visible(chain, newline=' ')}", "dim")
        area.update(text, layout=False)

    def _write_line(self) -> None:
        self.query_one("#specs", Input).value = " ".join(self._specs)


def _valid_specs(line: str) -> list[str]:
    """Return the valid specs of a line."""
    specs = []
    try:
        texts = split_specs(line)
    except BadInputError:
        return []
    for text in texts:
        try:
            parse_spec(text)
        except BadInputError:
            continue
        specs.append(text)
    return specs


def _row(spec: str, *, is_selected: bool) -> Text:
    name, colon, options = spec.partition(":")
    row = Text.assemble(
        (f"{_SELECTED if is_selected else _UNSELECTED} ", "bold" if is_selected else "dim"),
        (visible(name, newline="⏎"), "bold" if is_selected else ""),
        (visible(colon + options, newline="⏎"), "dim"),
    )
    row.truncate(_ROW, overflow="ellipsis")  # the line of specs shows the whole spec
    return row
