"""The findings of an inspection: sentences and pictures, one below the other.

The findings of two models are shown side by side if they fit. Charts are widgets with the keys and
the mouse of every chart; all other pictures are text, which is drawn again only if the findings,
the width or the theme change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from rnnlab.base.cells import wrapped
from rnnlab.base.display import visible
from rnnlab.plots import Chart, DrawStyle, Finding, Picture, Viewport, comparable, draw_picture
from rnnlab.tui.charts.chart_canvas import ChartCanvas
from rnnlab.tui.charts.controls import ChartControls
from rnnlab.tui.charts.draw_style import draw_style
from rnnlab.tui.inspect.finding_chart import FindingChart
from rnnlab.tui.state.lab_state import LabState

_SIDE_BY_SIDE = 130
"""Minimum width in columns for two findings side by side."""
_GAP = 3
_KEY_TO_CHARTS = "tab: to the charts"
_KEYS_OF_CHART = "← → cursor · ↑ ↓ zoom · y log · a all · tab next · esc page"
Cell = Text | Picture
"""A part of the page: text, or a picture that is drawn at the width of its column."""


class Findings(ChartControls, VerticalScroll, can_focus=True):
    """A scrolling page of findings; the keys of the charts act on the focused chart."""

    BORDER_TITLE = "Findings"

    def __init__(self, state: LabState) -> None:
        VerticalScroll.__init__(self, id="findings")
        ChartControls.__init__(self)
        self._state = state
        self.body = Static("", markup=False)
        """A message in place of findings."""
        self._findings: tuple[Finding, ...] = ()
        self._drawn: object = None
        self._shape: object = ()
        self._cells: list[list[Static | FindingChart]] = []
        """The widgets, row by row."""
        self._front: FindingChart | None = None
        self._viewports: dict[str, Viewport] = {}
        """Label of the x axis -> the viewport of the charts with this axis, except the front."""
        self._flipped: set[str] = set()
        """Titles of the charts whose scale the user has switched."""

    def compose(self) -> ComposeResult:
        """Yield the message; the findings are mounted when they arrive."""
        yield self.body

    def show(self, findings: Sequence[Finding], *, is_new_page: bool = True) -> None:
        """Show findings. is_new_page: another view, run or text, to be shown from its top."""
        self._findings = tuple(findings)
        if is_new_page:
            self._viewports.clear()
            self._flipped.clear()
            self.viewport = Viewport(smoothing=self.viewport.smoothing)
            self.scroll_home(animate=False)
        self.body.display = False
        self._draw()

    def show_text(self, message: str) -> None:
        """Show a message instead of findings."""
        self._findings = ()
        self._drawn = None
        self.body.update(Text(visible(message), "dim"))
        self.body.display = True
        self._draw()

    @property
    def text(self) -> str:
        """Everything on the page as text, without colours; cells side by side share their lines."""
        rows = [[self.body]] if self.body.display else self._cells
        lines: list[str] = []
        for row in rows:
            cells = [
                cell.text if isinstance(cell, FindingChart) else str(cell.content) for cell in row
            ]
            columns = zip_longest(*(cell.split("\n") for cell in cells), fillvalue="")
            lines += [" ".join(parts) for parts in columns]
        return "\n".join(lines)

    def on_resize(self, event: events.Resize) -> None:
        """Draw the findings for the new width."""
        self._draw()

    # The charts

    def front(self) -> ChartCanvas | None:
        """Return the focused chart, or the first one."""
        charts = self._charts()
        if self._front not in charts:
            self._take(charts[0] if charts else None)
        return self._front

    def bring_to_front(self, canvas: ChartCanvas) -> None:
        """Focus the chart that the mouse has touched."""
        if isinstance(canvas, FindingChart):
            canvas.focus()
            self._take(canvas)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Make the keys act on the focused chart, and name them in the border."""
        if isinstance(event.widget, FindingChart):
            self._take(event.widget)
            self.border_subtitle = _KEYS_OF_CHART

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Name the key to the charts again."""
        self._name_keys()

    def toggle_log(self) -> bool:
        """Switch the scale of the front chart; return True if it now is a log scale."""
        front = self.front()
        if not isinstance(front, FindingChart):
            return False
        self._flipped ^= {front.title}
        self.show_again()
        return front.chart.is_log

    def show_again(self) -> None:
        """Draw the charts with the current viewport and scale."""
        for row, widgets in zip(self._rows(self._width), self._cells, strict=False):
            for cell, widget in zip(row, widgets, strict=True):
                if isinstance(widget, FindingChart) and isinstance(cell, Chart):
                    self._show_chart(widget, cell)

    def _show_chart(self, widget: FindingChart, chart: Chart) -> None:
        label = self._front.x_label if self._front is not None else chart.x_label
        viewport = self.viewport
        if chart.x_label != label:
            other = self._viewports.get(chart.x_label, Viewport())
            viewport = replace(other, smoothing=viewport.smoothing)
        widget.show(chart, viewport, is_flipped=chart.title in self._flipped)

    def _take(self, chart: FindingChart | None) -> None:
        """Let the keys act on a chart, whose viewport becomes the current one."""
        previous, self._front = self._front, chart
        if chart is not None and previous is not None and chart.x_label != previous.x_label:
            self._viewports[previous.x_label] = self.viewport
            viewport = self._viewports.get(chart.x_label, Viewport())
            self.viewport = replace(viewport, smoothing=self.viewport.smoothing)

    def _charts(self) -> list[FindingChart]:
        return [cell for row in self._cells for cell in row if isinstance(cell, FindingChart)]

    # The page

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _draw(self) -> None:
        """Draw the findings in the widgets of the page, or in others if these do not fit."""
        width = self._width
        if width <= 0:
            return
        key = (self._findings, width, self._style())
        if key == self._drawn:
            return
        self._drawn = key
        rows = self._rows(width)
        shape = tuple(tuple(isinstance(cell, Chart) for cell in row) for row in rows)
        if shape == self._shape:
            self._fill(rows)
        else:
            self._shape = shape
            self._rebuild(shape)

    @work(group="findings", exclusive=True)
    async def _rebuild(self, shape: Sequence[Sequence[bool]]) -> None:
        """Replace the widgets. shape: for each row, which of its cells are charts."""
        self._cells = []  # before the await: a newer call may cancel this one there
        self._front = None
        await self.remove_children(".findings-row")
        cells: list[list[Static | FindingChart]] = [
            [
                FindingChart(self._state) if is_chart else Static(markup=False, classes="finding")
                for is_chart in row
            ]
            for row in shape
        ]
        await self.mount_all(Horizontal(*row, classes="findings-row") for row in cells)
        self._cells = cells
        self._name_keys()
        self._fill(self._rows(self._width))

    def _name_keys(self) -> None:
        self.border_subtitle = _KEY_TO_CHARTS if self._charts() else ""

    def _fill(self, rows: Sequence[Sequence[Cell]]) -> None:
        style = self._style()
        for row, widgets in zip(rows, self._cells, strict=False):
            column = self._column(len(row))
            for cell, widget in zip(row, widgets, strict=True):
                widget.styles.width = column
                if isinstance(widget, FindingChart):
                    if isinstance(cell, Chart):
                        self._show_chart(widget, cell)
                elif isinstance(cell, Text):
                    widget.update(cell)
                else:
                    drawn = draw_picture(cell, column, style=style)
                    widget.update(Text.from_ansi(drawn + "\n", no_wrap=True))

    def _column(self, num: int) -> int:
        return (self._width - _GAP * (num - 1)) // num

    def _rows(self, width: int) -> list[list[Cell]]:
        """Return the page as rows of cells: one cell, or one per finding side by side."""
        if len(self._findings) < 2:
            return [[cell] for finding in self._findings for cell in _cells(finding, width)]
        findings = comparable(self._findings)
        if width < _SIDE_BY_SIDE:
            return [[cell] for one in findings for cell in (_name(one), *_cells(one, width))]
        column = self._column(len(findings))
        return [
            [_name(finding) for finding in findings],
            *(
                [Text("") if cell is None else cell for cell in row]
                for row in zip_longest(*(_cells(finding, column) for finding in findings))
            ),
        ]

    def _style(self) -> DrawStyle:
        return draw_style(self, self._state.appearance)


def _name(finding: Finding) -> Text:
    """Return the heading of one of several findings: its run and step."""
    return Text(no_wrap=True).append(
        visible(f"{finding.run} at step {finding.step:,}", newline=" "), "bold reverse"
    )


def _cells(finding: Finding, width: int) -> Iterator[Cell]:
    """Yield the sentences, wrapped, then the pictures."""
    head = Text(no_wrap=True)
    for sentence in finding.says:
        for line in wrapped(visible(sentence, newline=" "), width):
            head.append(line + "\n", "bold")
    yield head
    yield from finding.pictures
