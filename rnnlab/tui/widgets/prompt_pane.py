"""The prompt: a text, some decoders, and what they make of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.validation import Integer
from textual.widgets import Input, Label, Static

from rnnlab.display import visible
from rnnlab.errors import BadInputError
from rnnlab.runs.prompts import (
    DEFAULT_LENGTH,
    MAX_SEED,
    Begun,
    Ended,
    Failed,
    Grown,
    Ready,
    Reply,
    Request,
)
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.messages import Asked
from rnnlab.tui.widgets.candidates import CandidateBoard

if TYPE_CHECKING:
    from rnnlab.decoding import Spec

DEFAULT_DECODERS = "greedy nucleus:p=0.9 beam:k=3"


class PromptInput(Input):
    """A line with a history: up and down bring back what was asked before."""

    def __init__(self) -> None:
        super().__init__(
            placeholder="Text to continue, then enter (\\n is a new line)",
            id="prompt",
            compact=True,
        )
        self._history: list[str] = []
        self._place = 0
        self._draft = ""

    BINDINGS = [
        Binding("up", "recall(-1)", "Earlier prompt", show=False),
        Binding("down", "recall(1)", "Later prompt", show=False),
    ]

    def remember(self, text: str) -> None:
        """Add a prompt to the history."""
        if text and self._history[-1:] != [text]:
            self._history.append(text)
        self._place = len(self._history)

    def action_recall(self, by: int) -> None:
        """Bring back an earlier or later prompt; after the last one, what was being written."""
        if self._place == len(self._history):
            self._draft = self.value
        self._place = max(0, min(len(self._history), self._place + by))
        past = self._place < len(self._history)
        self.value = self._history[self._place] if past else self._draft
        self.cursor_position = len(self.value)


class PromptPane(Vertical):
    """Prompt, decoders, length and seed; below, the candidates side by side."""

    BORDER_TITLE = "Prompt"

    def __init__(self) -> None:
        super().__init__(id="prompt-pane")
        self.board = CandidateBoard()
        self._status = Static(id="prompt-status", markup=False)
        self._run: RunSummary | None = None
        self._is_ready = False
        self._specs: Sequence[Spec] = ()
        self._asked = ""
        """The run that wrote what is shown."""
        self._sent = ("", "")
        """The run and the prompt that were asked last."""
        self._strange = ("", "")
        """Those with letters that the model never saw: asked again, the nearest are read."""

    def compose(self) -> ComposeResult:
        """Make the fields, the line that says what goes on, and the board."""
        with Horizontal(classes="row"):
            yield Label("text ", classes="name")
            yield PromptInput()
        with Horizontal(classes="row"):
            yield Label("with ", classes="name")
            yield Input(DEFAULT_DECODERS, id="decoders", compact=True)
            yield Label(" letters ", classes="name")
            yield Input(
                str(DEFAULT_LENGTH), id="length", compact=True, type="integer",
                validators=[Integer(1, 100_000)],
            )  # fmt: skip
            yield Label(" seed ", classes="name")
            yield Input(
                "1", id="seed", compact=True, type="integer", validators=[Integer(0, MAX_SEED)]
            )
        yield self._status
        yield self.board

    def on_mount(self) -> None:
        """Say how to begin."""
        self._say("enter on a run, then write; several decoders are set apart by blanks", "dim")

    def choose(self, run: RunSummary | None) -> None:
        """Set the run that will answer."""
        is_other = run is not None and self._run is not None and run.name != self._run.name
        self._run = run
        self.border_title = "Prompt"
        if run is not None:
            verb = "Classify with" if run.task == "classify" else "Prompt"
            self.border_title = f"{verb} {run.name}"
        if run is not None and is_other and self._asked:
            by = "" if run.name == self._asked else f"written by {self._asked}; "
            self._say(f"{by}enter asks {run.name}", "dim")

    @property
    def _is_classifier(self) -> bool:
        """Whether the run tells classes instead of writing: it needs no decoder."""
        return self._run is not None and self._run.task == "classify"

    def specs(self) -> list[Spec]:
        """Return the decoders; raises BadInputError for the first that is none."""
        # Deferred past the first frame: the options' validation costs a tenth of a second.
        from rnnlab.decoding import parse_spec, split_specs

        texts = split_specs(self.query_one("#decoders", Input).value)
        if not texts:
            raise BadInputError("no decoder is given", "write for example greedy beam:k=5")
        return [parse_spec(text) for text in texts]

    def set_decoders(self, specs: Sequence[str]) -> None:
        """Write decoders into their field."""
        self.query_one("#decoders", Input).value = " ".join(specs)

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt, at once: the next key is for it."""
        self.screen.set_focus(self.query_one(PromptInput))

    @on(Input.Changed, "#decoders")
    def check_decoders(self) -> None:
        """Say at once what is wrong with the decoders, once somebody writes there."""
        if not self.query_one("#decoders", Input).has_focus:
            return
        try:
            specs = self.specs()
        except BadInputError as error:
            self._say(str(error), "red")
        else:
            chains = [" → ".join(spec.chain) for spec in specs]
            self._say("; ".join(dict.fromkeys(chains)), "dim")

    @on(Input.Submitted)
    async def send(self) -> None:
        """Ask for continuations."""
        prompt = self.query_one(PromptInput)
        length, seed = (self.query_one(f"#{name}", Input) for name in ("length", "seed"))
        try:
            specs = [] if self._is_classifier else self.specs()
            if not (length.is_valid and seed.is_valid and length.value and seed.value):
                raise BadInputError("letters and seed are whole numbers", "letters at least 1")
            if self._run is None:
                raise BadInputError("no run is chosen", "press n to start one")
        except BadInputError as error:
            self._say(str(error), "red")
            return
        prompt.remember(prompt.value)
        self._specs, self._asked = specs, self._run.name
        self._say("loading torch…" if not self._is_ready else "reading…", "dim")
        text = prompt.value.replace("\\n", "\n")
        self._sent = (self._run.name, text)
        unknown = "nearest" if self._sent == self._strange else "auto"
        request = Request(
            0,
            self._run.name,
            text,
            [spec.text for spec in specs],
            checkpoint="live",
            length=int(length.value),
            seed=int(seed.value),
            unknown=unknown,
        )
        self.post_message(Asked(self, request))

    async def hear(self, reply: Reply) -> None:
        """Show a reply to the newest request."""
        match reply:
            case Ready():
                self._is_ready = True
            case Begun():
                self._step = reply.step
                await self.board.begin(self._specs)
                chains = "; ".join(" → ".join(spec.chain) for spec in self._specs)
                doing = f"writing with step {reply.step:,} (esc ends it): {chains}"
                self._say(doing if chains else f"reading with step {reply.step:,}", "dim")
            case Grown():
                self.board.grow(reply.decoder, reply.answers, is_last=reply.is_last)
            case Failed():
                again = "enter again reads the nearest letters: " if reply.can_be_nearest else ""
                if reply.can_be_nearest:
                    self._strange = self._sent
                self._say(f"{again}{reply.message}", "red")
                self._step = -1
            case Ended() if self._step >= 0:
                how = "cancelled" if reply.was_cancelled else "done"
                shown = self.board.focused_answer()
                note = f"{shown.prompt_note}; " if shown and shown.prompt_note else ""
                self._say(
                    f"{note}{how} in {reply.elapsed_s:.1f}s "
                    f"with the weights of step {self._step:,}; "
                    "tab to a candidate: t letters, c copy, f full screen",
                    "dim",
                )
            case Ended():
                pass

    def fail(self, reason: str) -> None:
        """Say why nothing will come."""
        self._is_ready = False
        self._say(reason, "red")

    def _say(self, text: str, style: str) -> None:
        self._status.update(Text(visible(text, newline=" "), style), layout=False)

    _step = -1
