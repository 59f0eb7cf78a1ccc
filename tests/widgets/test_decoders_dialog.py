"""The form of decoders, in a bare host: what it lists, rewrites, explains and gives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from rnnlab.decoding import Options, parse_spec
from rnnlab.tui.prompting.decoders_dialog import DecodersScreen, OptionField
from tests.toys.app_lab import painted, until
from tests.toys.host import Host, asked


@asynccontextmanager
async def opened(
    line: str, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[DecodersScreen, Host, Pilot[None]]]:
    """Open the form on a line of specs."""
    form = DecodersScreen(line)
    async with asked(form, size) as (host, pilot):
        await until(pilot, lambda: form.query(OptionField) and form.focused)
        yield form, host, pilot


def rows(form: DecodersScreen) -> list[str]:
    listed = form.query_one("#list", OptionList)
    return [str(listed.get_option_at_index(i).prompt) for i in range(listed.option_count)]


def own_options(form: DecodersScreen, shared: Collection[str]) -> list[OptionField]:
    """Return the fields of the options that not every decoder has."""
    return [field for field in form.query(OptionField) if field.option.name not in shared]


def problem(form: DecodersScreen) -> str:
    return str(form.query_one("#problem", Static).render())


class FirstFrame(DecodersScreen):
    """Notes the focus and the heading when the dialog is ready, before any further message."""

    first: tuple[str | None, str | None] | None = None

    async def on_mount(self, event: events.Mount | None = None) -> None:
        assert event is not None
        event.prevent_default()  # Textual would call the handler of the base class once more
        await super().on_mount()
        heading = self.query_one("#problem", Static).border_title
        self.first = (self.focused.id if self.focused else None, heading)


async def test_the_first_heading_describes_the_list_which_has_the_focus() -> None:
    form = FirstFrame("greedy")
    async with asked(form) as (_host, pilot):
        await until(pilot, lambda: form.first)
        assert form.first == ("list", "decoders")


async def test_decoders_are_taken_and_dropped_and_given() -> None:
    async with opened("greedy beam:k=3") as (form, host, pilot):
        assert rows(form)[:3] == ["[x] greedy", "[x] beam:k=3", "[ ] contrastive"]
        await pilot.press("down", "down", "space")
        await until(pilot, lambda: rows(form)[2] == "[x] contrastive")
        await pilot.press("home", "space")
        await until(pilot, lambda: rows(form)[0] == "[x] beam:k=3")
        await pilot.press("enter")
        await until(pilot, lambda: host.results)
        assert host.results == [["beam:k=3", "contrastive"]]


async def test_an_option_rewrites_its_spec_and_says_the_chain() -> None:
    async with opened("beam:k=3 greedy", (120, 40)) as (form, _, pilot):
        assert form.query_one("#option-k", Input).value == "3"
        form.query_one("#option-ban", Input).focus()
        await pilot.press(*"e|the x")
        specs = form.query_one("#specs", Input)
        await until(pilot, lambda: specs.value == 'beam:k=3,ban="e|the x" greedy')
        await until(pilot, lambda: "ban=" in problem(form))
        form.query_one("#option-p", Input).focus()
        await pilot.press("7")
        await until(pilot, lambda: "at most 1" in problem(form))
        assert specs.value == 'beam:k=3,ban="e|the x" greedy'


async def test_the_line_rewrites_the_form_which_stays_without_a_decoder_until_escape() -> None:
    async with opened("greedy") as (form, host, pilot):
        line = form.query_one("#specs", Input)
        line.focus()
        line.value = "nucleus:p=0.4,top_k=9 beem"
        await until(pilot, lambda: "did you mean 'beam'" in problem(form))
        line.value = "nucleus:p=0.4,top_k=9"
        await until(pilot, lambda: rows(form)[0] == "[x] nucleus:p=0.4,top…")
        await until(pilot, lambda: form.query("#option-top_k"))
        assert form.query_one("#option-top_k", Input).value == "9"
        form.query_one("#list").focus()
        await pilot.press("space", "enter")
        await until(pilot, lambda: "no decoder is selected" in problem(form))
        assert not host.results
        await pilot.press("escape")
        await until(pilot, lambda: host.results)
        assert host.results == [None]


async def test_the_help_of_every_option_is_whole_at_80_columns_and_follows_the_focus() -> None:
    spec = "beam:k=3"
    shared = {field.alias or name for name, field in Options.model_fields.items()}
    async with opened(spec) as (form, host, pilot):
        assert "Space selects a decoder" in painted(host, "problem")
        for number, field in enumerate(form.query(OptionField)):
            if number < 3:
                await pilot.press("tab")
                assert form.focused is field.query_one(Input)
            else:
                field.query_one(Input).focus()
                await pilot.pause()
            help_text = painted(host, "problem")
            assert " ".join(field.explanation.split()) in help_text
            assert parse_spec(spec).chain[-1] in help_text
        line = form.query_one("#specs", Input)
        for name in ("mirostat", "stochastic-beam"):
            line.focus()
            line.value = name
            await until(pilot, lambda name=name: rows(form)[0] == f"[x] {name}")  # type: ignore[misc]
            await until(pilot, lambda: own_options(form, shared))
            for field in own_options(form, shared):
                field.query_one(Input).focus()
                await pilot.pause()
                assert " ".join(field.explanation.split()) in painted(host, "problem")
