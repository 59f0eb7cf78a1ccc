"""Prompt any run at any checkpoint with several decoders; a classifier's run judges a document."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget

from rnnlab.tui.messages import RunChosen
from rnnlab.tui.prompting.actions import CANDIDATES, PROMPTING, is_task_running, stop_task
from rnnlab.tui.prompting.document_pane import DocumentPane
from rnnlab.tui.prompting.pane import PromptPane
from rnnlab.tui.runs.pick_run import RUN_CHOICE
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import Declaration
from rnnlab.tui.state import LabState

_WRITE = Group["PromptScreen"](
    "Write",
    (Action("slash", "write", lambda screen: screen.focus_text(), "Write", "Go to the text"),),
)


class PromptScreen(BaseScreen):
    """The prompt alone, with all the room there is."""

    DEFAULT_CSS = """
    PromptScreen .-other-task { display: none; }
    """
    GROUPS: ClassVar = (_WRITE, PROMPTING, CANDIDATES, RUN_CHOICE, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.pane = PromptPane(state.writing)
        self.document = DocumentPane()

    def compose_body(self) -> ComposeResult:
        """Show one of the two, as the run asks for."""
        yield self.pane
        yield self.document

    def on_screen_resume(self) -> None:
        """Take over what stands in the fields."""
        self.pane.load()
        super().on_screen_resume()

    def main_widget(self) -> Widget:
        """Return the text or the document."""
        return self.pane.form.prompt if self._is_prompt else self.document.text

    def widget_after_fields(self) -> Widget | None:
        """Return the candidate that is read."""
        return self.pane.board.reading_place() if self._is_prompt else None

    @property
    def is_task_running(self) -> bool:
        """Whether an answer is on its way."""
        return is_task_running(self)

    def stop_task(self) -> bool:
        """End the answer that is on its way."""
        return stop_task(self)

    @property
    def _is_prompt(self) -> bool:
        """Whether the chosen run writes on, and judges no document."""
        return self.document.has_class("-other-task")

    @on(RunChosen)
    def show_state(self) -> None:
        """Show the run that will answer."""
        chosen = self.state.chosen
        is_classifier = chosen is not None and chosen.task == "classify"
        self.pane.set_class(is_classifier, "-other-task")
        self.document.set_class(not is_classifier, "-other-task")
        if is_classifier:
            self.document.choose(chosen)
        else:
            self.pane.choose(chosen, self.state.opened(chosen.name) if chosen else None)

    def focus_text(self) -> None:
        """Put the cursor into the prompt or the document."""
        self.set_focus(self.main_widget())

    def fail(self, reason: str) -> None:
        """Say that nothing will come."""
        self.pane.fail(reason)


SCREEN = Declaration(
    PromptScreen,
    key="f3",
    title="Prompt",
    help="Prompt a run at any checkpoint",
    needs_run=True,
)
