"""A document and its classes, classified again after every change."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import Static, TextArea

from rnnlab.base.display import visible
from rnnlab.protocol.messages import Classified, Failed, Generate, Reply, Started
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.messages import AskCancelled, Asked
from rnnlab.tui.prompting.classes import class_bars
from rnnlab.tui.prompting.text_field import TextField
from rnnlab.tui.state.prompt_session import PromptSession
from rnnlab.tui.state.weights import weights_of

_NO_TEXT = "There is no text: type a document to see its classes."
_WAITING = "The text is being classified…"
_STARTING = "The text will be classified once the generator has started…"
_PAUSE_S = 0.25
"""Pause in seconds after the last key press before the document is classified."""


class DocumentPane(Horizontal):
    """Show a document at the left and the probabilities of its classes at the right."""

    DEFAULT_CSS = """
    DocumentPane { height: 1fr; border: round $surface-lighten-2; border-title-color: $text-muted; }
    DocumentPane:focus-within { border: round $accent; border-title-color: $accent; }
    DocumentPane TextArea { width: 1fr; height: 100%; border: none; padding: 0 1; }
    DocumentPane TextArea:focus { border: none; }
    DocumentPane #classes { width: 40; height: 100%; padding: 0 1; border-left: outer $surface-lighten-1; }
    DocumentPane #classes:focus { border-left: outer $accent; background: $surface; }
    """  # noqa: E501

    def __init__(self, session: PromptSession) -> None:
        """session: its text is the document."""
        super().__init__(id="document-pane")
        self._session = session
        self._run: RunSummary | None = None
        self._timer: Timer | None = None
        self._step: int | None = None
        self._probabilities: dict[str, float] = {}
        self.text = TextField(id="document")
        self._verdict = Static(_NO_TEXT, markup=False)
        self.classes_pane = VerticalScroll(self._verdict, id="classes")

    def compose(self) -> ComposeResult:
        """Lay out the text and the classes."""
        yield self.text
        yield self.classes_pane

    def choose(self, run: RunSummary | None) -> None:
        """Set the run that classifies; classify again if the run or its weights have changed."""
        is_other = run is not None and (self._run is None or run.name != self._run.name)
        is_newer = run is not None and self._run is not None and run.val_loss != self._run.val_loss
        self._run = run
        self.border_title = "Document" if run is None else f"Document for {run.name}"
        if (is_other or is_newer) and self._has_text:
            self._classify()

    def load(self) -> None:
        """Show the session's text, which another screen or the prompt may have changed."""
        self.text.set_text(self._session.fields.prompt)

    @on(TextArea.Changed)
    def classify_soon(self) -> None:
        """Keep the text for the other screens; classify it once the user has paused typing."""
        self._session.fields.prompt = self.text.text
        if self._timer is not None:
            self._timer.stop()
        if self._has_text:
            self._show_waiting()
            self._timer = self.set_timer(_PAUSE_S, self._classify)
        else:  # a model would answer, with the classes of nothing
            self._probabilities = {}
            self._verdict.update(_NO_TEXT)
            self.post_message(AskCancelled(self))

    @property
    def _has_text(self) -> bool:
        return bool(self.text.text.strip())

    def _classify(self) -> None:
        if self._run is not None and self._run.task == "classify":
            text = self.text.text
            self._show_waiting()
            self.post_message(Asked(self, self._run.name, lambda path: Generate(0, path, text, [])))

    def _show_waiting(self) -> None:
        """Show that the text is being classified, unless the last classes are shown."""
        if not self._probabilities:
            self._verdict.update(_WAITING if self._session.is_ready else _STARTING)

    async def on_reply(self, reply: Reply) -> None:
        """Show the classes."""
        match reply:
            case _ if not self._has_text:
                pass  # sent before the text was deleted
            case Started():
                self._step = reply.step
                self._show_waiting()  # the generator has started
            case Classified():
                self._probabilities = reply.probabilities
                self._show()
            case Failed():
                self._probabilities = {}
                self._verdict.update(Text(visible(reply.message), "red"))
            case _:
                pass

    def on_resize(self) -> None:
        """Draw the bars at the new width."""
        if self._probabilities:
            self.call_after_refresh(self._show)

    def _show(self) -> None:
        """Show one line per class, and the step of the weights."""
        text = class_bars(self._probabilities, self.classes_pane.content_size.width)
        text.append(f"\nat {weights_of(self._step or 0, self._run)}", "dim")
        self._verdict.update(text)
