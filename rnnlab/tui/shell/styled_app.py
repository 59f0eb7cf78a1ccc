"""An app in the preferred appearance, whose styles cost less to start and to open a screen.

It parses only the styles of its first frame at once, and computes a widget's styles once. Measured
with the 25 compact inputs of a form, mounting them then takes 0.65 of the CPU time.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from weakref import WeakSet

from rich.console import RenderableType
from textual._compositor import ChopsUpdate
from textual.app import App, ScreenError
from textual.css.model import RuleSet
from textual.css.query import QueryError
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import WidgetError
from textual.worker import WorkerFailed

from rnnlab.tui.shell.span_update import SpanUpdate
from rnnlab.tui.state.theme import THEMES, Appearance, prepare_filters

# Textual looks up every rule of every style sheet in a set, for each node whose styles it computes.
# Its own hash is also that of the object's identity, but a function in Python.
RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]


class _Styles(Stylesheet):
    """The style sheet of an app that computes fewer styles when the focus moves or the app closes.

    Textual computes those of all widgets in the pane that the focus enters or leaves. Only widgets
    with a rule on `:focus-within` can change; the one with the focus is updated by itself.
    """

    def __init__(self, app: App[None]) -> None:
        super().__init__()
        self._app = app

    def update_nodes(self, nodes: Iterable[DOMNode], animate: bool = False) -> None:
        """Compute the styles of nodes again; a set if the focus has moved."""
        if isinstance(nodes, set):
            nodes = [node for node in nodes if node._has_focus_within]
        if self._app.is_running:
            super().update_nodes(nodes, animate)


class StyledApp(App[None]):
    """An app with the themes of the lab; the first file of `CSS_PATH` styles the outline."""

    def __init__(self, appearance: Appearance, *, has_outline: bool) -> None:
        """has_outline: whether the other style files follow in `add_styles`."""
        super().__init__()
        self.stylesheet = _Styles(self)
        self._opened: WeakSet[Screen[object]] = WeakSet()
        self._ascii = prepare_filters(self, appearance)
        for theme in THEMES:
            self.register_theme(theme)
        if not appearance.has_color:
            self.add_class("-no-color")
            self.css_path.append(self.css_path[0].with_name("no_color.tcss"))
        self._later_styles: list[Path] = self.css_path[1:] if has_outline else []
        self.css_path = self.css_path[:1] if has_outline else self.css_path
        # Set the theme before the styles are parsed: a later change would parse them again.
        self.set_reactive(App.theme, appearance.theme)
        self.stylesheet.set_variables(self.get_css_variables())
        self._refresh_truecolor_filter(self.ansi_theme)

    def add_styles(self) -> None:
        """Add the styles that the outline does not need; what is parsed already stays parsed."""
        for file in self._later_styles:
            self.stylesheet.add_source(file.read_text("utf-8"), (str(file), ""))
        self._later_styles = []

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        """Compute the styles of a node again, unless mounting it computes them or has done so.

        animate: False if a screen resumes. When it opens, all its widgets were just mounted.
        """
        if isinstance(node, Screen) and not animate and node not in self._opened:
            self._opened.add(node)
        elif node is self or node.is_attached:
            super().update_styles(node, animate)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Send what has changed, and no more; Textual has no public place for this."""
        if isinstance(renderable, ChopsUpdate):
            renderable = SpanUpdate.of(renderable)
        super()._display(screen, renderable)

    def _handle_exception(self, error: Exception) -> None:
        """Close with a traceback, unless the app closes and the error is a missing widget.

        SIGTERM may come while a screen opens: its handlers still run, but its widgets are gone.
        Textual has no public place for this.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        if not (self._exit and isinstance(cause, QueryError | ScreenError | WidgetError)):
            super()._handle_exception(error)

    def show_appearance(self, appearance: Appearance) -> None:
        """Apply a new theme and new glyphs."""
        self._ascii.enabled = appearance.glyphs == "ascii"
        self.theme = appearance.theme
