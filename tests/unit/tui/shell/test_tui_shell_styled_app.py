"""Styles are computed for widgets that are mounted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input, Static

from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.shell.size_classes import add_size_classes
from rnnlab.tui.shell.styled_app import StyledApp
from rnnlab.tui.state.theme import Appearance


@pytest.fixture
def updated(monkeypatch: pytest.MonkeyPatch) -> list[DOMNode]:
    """The nodes whose styles are computed again, which are not those that are mounted."""
    nodes_updated: list[DOMNode] = []
    update_nodes = Stylesheet.update_nodes

    def note(styles: Stylesheet, nodes: Iterable[DOMNode], animate: bool = False) -> None:
        changed = list(nodes)
        nodes_updated.extend(changed)
        update_nodes(styles, changed, animate)

    monkeypatch.setattr(Stylesheet, "update_nodes", note)
    return nodes_updated


@pytest.fixture
def app() -> StyledApp:
    app = StyledApp(Appearance(), has_outline=False)
    app.stylesheet.add_source("Static.wide { width: 7; }")
    return app


async def test_a_widget_has_its_styles_computed_when_it_is_mounted_and_when_they_change(
    app: StyledApp, updated: list[DOMNode]
) -> None:
    async with app.run_test():
        widget = Static().add_class("wide")
        assert widget not in updated
        await app.mount(widget)
        assert str(widget.styles.width) == "7"
        widget.remove_class("wide")
        assert widget in updated
        assert str(widget.styles.width) != "7"


async def test_a_screen_that_opens_has_its_styles_and_one_that_comes_back_gets_them_again(
    app: StyledApp, updated: list[DOMNode]
) -> None:
    screen: Screen[None] = Screen()
    app.install_screen(screen, "one")
    async with app.run_test() as pilot:
        for is_updated in (False, True):
            await app.push_screen("one")
            await pilot.pause()
            assert (screen in updated) is is_updated
            await app.pop_screen()


class Sized(Screen[None]):
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        add_size_classes(self)
        yield Static()


async def test_a_screen_has_the_classes_of_its_size_before_its_widgets(
    app: StyledApp, updated: list[DOMNode]
) -> None:
    app.stylesheet.add_source(".-narrow Static { width: 7; } .-normal Static { width: 9; }")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(Sized())
        await pilot.pause()
        widget = app.screen.query_one(Static)
        assert str(widget.styles.width) == "7"
        assert widget not in updated
        await pilot.resize_terminal(120, 24)
        await pilot.pause()
        assert str(widget.styles.width) == "9"


async def test_a_focus_that_moves_changes_what_has_a_rule_on_it(
    app: StyledApp, updated: list[DOMNode]
) -> None:
    app.stylesheet.add_source("#pane:focus-within { width: 7; .inner { width: 3; } }")
    field, inner, other = Input(), Static(classes="inner"), Static()
    async with app.run_test() as pilot:
        await app.mount(pane := Vertical(field, inner, other, id="pane"))
        app.screen.set_focus(None)
        await pilot.pause()
        assert [str(one.styles.width) for one in (pane, inner)] != ["7", "3"]
        updated.clear()
        field.focus()
        await pilot.pause()
        assert [str(one.styles.width) for one in (pane, inner)] == ["7", "3"]
    assert field in updated
    assert other not in updated


async def test_an_app_that_closes_computes_no_styles(app: StyledApp) -> None:
    app.stylesheet.add_source("Input:focus { width: 7; } Input { width: 9; }")
    async with app.run_test() as pilot:
        await app.mount(field := Input())
        field.focus()
        await pilot.pause()
        assert str(field.styles.width) == "7"
    assert str(field.styles.width) == "7", "it has lost the focus nevertheless"


def test_rules_are_told_apart_by_identity_as_in_textual() -> None:
    one, same = RuleSet(), RuleSet()
    assert hash(one) != hash(same)
    assert RuleSet.__hash__ is object.__hash__


async def test_no_style_depends_on_the_order_of_all_widgets_of_a_common_kind(
    tmp_path: Path,
) -> None:
    """Each mount would compute the styles of all of them again."""
    app = LabApp(RunStore(tmp_path))
    app.stylesheet.read_all(app.css_path)
    order = {"first-child", "last-child", "first-of-type", "last-of-type", "empty"}
    ordered = [rule for rule in app.stylesheet.rules if rule.pseudo_classes & order]
    assert ordered
    common = {"Static", "Label", "Input", "Horizontal", "Vertical", "Widget", "*"}
    assert not [rule.selectors for rule in ordered if rule.selector_names & common]
