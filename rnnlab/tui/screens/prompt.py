"""Prompt any run at any checkpoint with several decoders; a classifier gets a document instead."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget

from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.prompting.actions import CANDIDATES, PAGES, PROMPTING
from rnnlab.tui.prompting.document_pane import DocumentPane
from rnnlab.tui.prompting.pane import PromptPane
from rnnlab.tui.prompting.screen import PromptingScreen
from rnnlab.tui.prompting.text_field import TextField
from rnnlab.tui.runs.pick_run import RUN_CHOICE
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.state.lab_state import LabState


class PromptScreen(PromptingScreen):
    """The prompt pane in full size; for a classifier, the document pane."""

    DEFAULT_CSS = """
    PromptScreen .-other-task { display: none; }
    """
    GROUPS: ClassVar = (PROMPTING, PAGES, CANDIDATES, RUN_CHOICE, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.pane = self.view = PromptPane(self.session)
        self.form, self.board, self.status = self.pane.form, self.pane.board, self.pane.status
        self.document = DocumentPane(self.session)

    def compose_body(self) -> ComposeResult:
        """Lay out both panes; `show_state` hides the one that does not fit the run's task."""
        yield self.pane
        yield self.document

    def main_widget(self) -> Widget:
        """Return the text field of the prompt, or for a classifier of the document."""
        return self.text_field()

    def text_field(self) -> TextField:
        """Return the text field of the prompt, or for a classifier of the document."""
        return self.document.text if self._is_classifier else self.form.prompt

    def widget_after_fields(self) -> Widget | None:
        """Return the candidate to read, or for a classifier the classes."""
        return self.document.classes_pane if self._is_classifier else super().widget_after_fields()

    @property
    def _is_classifier(self) -> bool:
        """True if the chosen run classifies documents."""
        return self.state.chosen is not None and self.state.chosen.task == "classify"

    @property
    def needs_decoders(self) -> bool:
        """True unless the chosen run is a classifier, which writes no text."""
        return not self._is_classifier

    def resumed(self) -> None:
        """Show the document as another screen has left it."""
        self.document.load()
        super().resumed()

    @on(RunChosen)
    def show_state(self) -> None:
        """Show the chosen run, with the pane for its task."""
        chosen = self.state.chosen
        has_changed = self.pane.has_class("-other-task") != self._is_classifier
        self.pane.set_class(self._is_classifier, "-other-task")
        self.document.set_class(not self._is_classifier, "-other-task")
        if has_changed:  # both panes have the same text
            self.document.load()
            self.form.load()
            if isinstance(self.focused, TextField):  # of the pane that is hidden now
                self.focus_text()
        if self._is_classifier:
            self.document.choose(chosen)
        else:
            self.choose_run(chosen)
            self.pane.show_run(chosen)

    def focus_text(self) -> None:
        """Focus the text field of the prompt, or for a classifier of the document."""
        self.set_focus(self.text_field())


SCREEN = Declaration(
    PromptScreen,
    key="f3",
    go="p",
    title="Prompt",
    help="Prompt a run at any checkpoint",
    needs_run=True,
)
