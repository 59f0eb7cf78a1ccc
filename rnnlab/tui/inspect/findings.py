"""The findings of an inspection: sentences and pictures, one below the other.

The findings of two models are shown side by side if they fit. The page is drawn again only if the
findings, its width or the theme change.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.plots import DrawStyle, Finding, comparable, draw_picture
from rnnlab.tui.charts.draw_style import draw_style
from rnnlab.tui.state.lab_state import LabState

_SIDE_BY_SIDE = 130
"""Minimum width in columns for two findings side by side."""
_GAP = 3


class Findings(VerticalScroll, can_focus=True):
    """A scrolling page of findings."""

    BORDER_TITLE = "Findings"

    def __init__(self, state: LabState) -> None:
        super().__init__(id="findings")
        self._state = state
        self.body = Static("", markup=False)
        self._findings: tuple[Finding, ...] = ()
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        """Yield the page."""
        yield self.body

    def show(self, findings: Sequence[Finding], *, is_new_page: bool = True) -> None:
        """Show findings. is_new_page: another view, run or text, to be shown from its top."""
        self._findings = tuple(findings)
        self._draw()
        if is_new_page:
            self.scroll_home(animate=False)

    def show_text(self, message: str) -> None:
        """Show a message instead of findings."""
        self._findings = ()
        self._drawn = None
        self.body.update(Text(visible(message), "dim"))

    def on_resize(self, event: events.Resize) -> None:
        """Draw the findings for the new width."""
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if not self._findings or width <= 0:
            return
        style = self._style()
        key = (self._findings, width, style)
        if key == self._drawn:
            return
        self._drawn = key
        if len(self._findings) == 1:
            self.body.update(_page(self._findings[0], width, style))
        elif width >= _SIDE_BY_SIDE:
            self.body.update(_side_by_side(comparable(self._findings), width, style))
        else:
            pages = [
                _name(finding).append("\n").append_text(_page(finding, width, style))
                for finding in comparable(self._findings)
            ]
            self.body.update(Text("\n", no_wrap=True).join(pages))

    def _style(self) -> DrawStyle:
        appearance = self._state.appearance
        # Without colours, draw shades as characters now: the app's filter can only remove colours.
        return replace(draw_style(self, appearance), has_color=appearance.has_color)


def _name(finding: Finding) -> Text:
    """Return the heading of one of several findings: its run and step."""
    return Text(no_wrap=True).append(
        visible(f"{finding.run} at step {finding.step:,}", newline=" "), "bold reverse"
    )


def _page(finding: Finding, width: int, style: DrawStyle) -> Text:
    """Return the text of one finding: its sentences, then its pictures."""
    page = _head(finding, width)
    for picture in finding.pictures:
        page.append("\n")
        page.append_text(Text.from_ansi(draw_picture(picture, width, style=style)))
        page.append("\n")
    return page


def _head(finding: Finding, width: int) -> Text:
    """Return the wrapped sentences: the page itself must not wrap its pictures."""
    head = Text(no_wrap=True)
    for sentence in finding.says:
        for line in textwrap.wrap(visible(sentence, newline=" "), width):
            head.append(line + "\n", "bold")
    return head


def _side_by_side(findings: Sequence[Finding], width: int, style: DrawStyle) -> Table:
    """Return a grid with a column per finding and a row per picture."""
    column = (width - _GAP * (len(findings) - 1)) // len(findings)
    grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    for _ in findings:
        grid.add_column(width=column)
    grid.add_row(*map(_name, findings))
    grid.add_row(*(_head(finding, column) for finding in findings))
    for row in zip_longest(*(finding.pictures for finding in findings)):
        drawn = ["" if p is None else draw_picture(p, column, style=style) + "\n" for p in row]
        grid.add_row(*(Text.from_ansi(text, no_wrap=True) for text in drawn))
    return grid
