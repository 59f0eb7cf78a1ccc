"""The fields of a prompt: text, decoders, length, seed, checkpoint; enter in any of them asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.validation import Integer
from textual.widgets import Input, Label

from rnnlab.base.display import shortened
from rnnlab.base.errors import BadInputError
from rnnlab.protocol.messages import DEFAULT_LENGTH, MAX_SEED, Failed, Generate
from rnnlab.runs.store import Run
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.messages import Asked
from rnnlab.tui.prompting.prompt_input import PromptInput
from rnnlab.tui.prompting.session import PromptSession

if TYPE_CHECKING:
    from rnnlab.decoding import Spec

_CHECKPOINTS = ("live", "last", "best")
_FIELDS = ("prompt", "decoders", "length", "seed", "checkpoint")
_SHORT = 30
"""Letters of a prompt that are named."""
_AGAIN = "enter again reads the nearest known ones, or leaves out those that have none"


class PromptForm(Vertical):
    """The fields; what is wrong with them is said by whoever shows it."""

    @dataclass
    class Said(Message):
        """Something to be said to the user."""

        text: str
        is_problem: bool = False

    @dataclass
    class Wanted(Message):
        """Continuations are wanted."""

        form: PromptForm
        request: Generate
        specs: Sequence[Spec]

        def question(self) -> Asked:
            """Return the question to the chosen run; every screen will see the answer."""
            writing = self.form.writing
            writing.begin(self.request.run, self.request, self.specs)
            writing.history.add(self.request.prompt)
            return Asked(writing, self.request)

    def __init__(self, writing: PromptSession, *, is_of_all: bool = False) -> None:
        """Make empty fields; is_of_all: the checkpoint is asked of several runs, not of one."""
        super().__init__()
        self.writing = writing
        self._is_of_all = is_of_all
        self._run: RunSummary | None = None
        self._strange = ("", "")
        """Run and prompt with letters that the model never saw: asked again, the nearest are
        read."""
        self._steps: tuple[int, ...] = ()
        # Their values come with the first frame: before it there is no app to show them on.
        self.prompt = PromptInput(writing)
        self._inputs: dict[str, Input] = {
            "prompt": self.prompt,
            "decoders": Input(id="decoders", compact=True),
            "length": _number("length", 1, 100_000),
            "seed": _number("seed", 0, MAX_SEED),
            "checkpoint": Input(
                id="checkpoint",
                compact=True,
                suggester=SuggestFromList(_CHECKPOINTS),
            ),
        }
        self._unit_name = "letters"

    def compose(self) -> ComposeResult:
        """Lay the fields out."""
        for name, field in self._inputs.items():
            field.value = self._kept(name)
        with Horizontal(classes="row"):
            yield Label("text ", classes="name")
            yield self.prompt
        with Horizontal(classes="row"):
            yield Label("with ", classes="name")
            yield self._inputs["decoders"]
            yield Label(f" {self._unit_name} ", classes="name", id="unit")
            yield self._inputs["length"]
            yield Label(" seed ", classes="name")
            yield self._inputs["seed"]
            yield Label(" at ", classes="name")
            yield self._inputs["checkpoint"]

    def choose(self, run: RunSummary | None, opened: Run | None = None) -> None:
        """Set the run that will answer."""
        is_other = run is None or self._run is None or run.name != self._run.name
        self._run = run
        if is_other:
            self._unit_name = "words" if run is not None and run.unit == "word" else "letters"
            for label in self.query("#unit").results(Label):
                label.update(f" {self._unit_name} ")
            if self.is_mounted:
                self.load()
        steps = tuple(opened.paths.checkpoint_steps()) if opened is not None else ()
        if steps != self._steps:
            self._steps = steps
            choices = [*_CHECKPOINTS, *map(str, reversed(steps))]
            self._field("checkpoint").suggester = SuggestFromList(choices)

    def load(self) -> None:
        """Show what stands in the fields of the other screens."""
        with self.prevent(Input.Changed):
            for name in _FIELDS:
                field, value = self._field(name), self._kept(name)
                if field.value != value:
                    field.value = value
                    field.cursor_position = len(value)

    @on(Input.Changed)
    def keep(self, event: Input.Changed) -> None:
        """Remember what is written for the other screens."""
        fields = self.writing.fields
        if event.input.id == "checkpoint":
            fields.choose_checkpoint(self._owner, event.value)
        elif event.input.id in _FIELDS:
            setattr(fields, event.input.id, event.value)

    @property
    def _owner(self) -> str:
        """Name of the run whose checkpoint is asked for; empty for that of several runs."""
        return "" if self._is_of_all or self._run is None else self._run.name

    def _kept(self, name: str) -> str:
        """Return what stands in a field on every screen."""
        fields = self.writing.fields
        if name == "checkpoint":
            return fields.checkpoint_of(self._owner)
        return str(getattr(fields, name))

    def origin_of_answers(self) -> str:
        """Say what the answers were asked for, where the fields ask for something else by now.

        Empty where they do not, or where there are no answers: another text, run or checkpoint is
        something else.
        """
        writing, run = self.writing, self._run
        asked, step = writing.request, writing.step
        if asked is None or run is None or step is None or not writing.is_over or writing.problem:
            return ""
        if asked.run != run.name:
            return f"written by {asked.run}; enter asks {run.name}"
        if (asked.prompt, asked.checkpoint) == (self.text, self.checkpoint):
            return ""
        prompt = repr(shortened(asked.prompt, _SHORT)) if asked.prompt else "no text"
        return f"below: what came of {prompt} at step {step:,}; enter asks anew"

    @property
    def checkpoint(self) -> str:
        """Whose weights are asked for."""
        return self._kept("checkpoint").strip() or "live"

    @property
    def text(self) -> str:
        """What is to be continued."""
        return self._field("prompt").value.replace("\\n", "\n")

    @property
    def is_classifier(self) -> bool:
        """Whether the run tells classes instead of writing: it needs no decoder."""
        return self._run is not None and self._run.task == "classify"

    def specs(self) -> list[Spec]:
        """Return the decoders; raises BadInputError for the first that is none."""
        # Deferred past the first frame: the options' validation costs a tenth of a second.
        from rnnlab.decoding import parse_spec, split_specs

        texts = split_specs(self._field("decoders").value)
        if not texts:
            raise BadInputError("no decoder is given", "write for example greedy beam:k=5")
        return [parse_spec(text) for text in texts]

    def set_decoders(self, specs: Sequence[str]) -> None:
        """Write decoders into their field."""
        self._field("decoders").value = " ".join(specs)

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt, at once: the next key is for it."""
        self.screen.set_focus(self._field("prompt"))

    @on(Input.Changed, "#decoders")
    def check_decoders(self) -> None:
        """Say at once what is wrong with the decoders, once somebody writes there."""
        if not self._field("decoders").has_focus:
            return
        try:
            specs = self.specs()
        except BadInputError as error:
            self.post_message(self.Said(str(error), is_problem=True))
        else:
            chains = [" → ".join(spec.chain) for spec in specs]
            self.post_message(self.Said("; ".join(dict.fromkeys(chains))))

    @on(Input.Submitted)
    def send(self) -> None:
        """Ask for continuations."""
        try:
            request = self._request()
            specs = [] if self.is_classifier else self.specs()
        except BadInputError as error:
            self.post_message(self.Said(str(error), is_problem=True))
            return
        self.prompt.asked()
        self.post_message(self.Said(self._what_goes_on()))
        self.post_message(self.Wanted(self, request, specs))

    def _what_goes_on(self) -> str:
        if not self.writing.is_ready:
            return "loading torch…"
        if self._run is not None and self._run.state == "starting":
            return f"waiting for the first weights of {self._run.name}…"
        return "reading…"

    def remedy_of(self, failed: Failed) -> str:
        """Return what to do about a failure, else why it is one.

        Letters never seen are replaced if the same is asked again.
        """
        request = self.writing.request
        if not failed.can_be_nearest or request is None:
            return failed.message
        self._strange = (request.run, request.prompt)
        return _AGAIN

    def _request(self) -> Generate:
        """Return what the fields ask for; raises BadInputError where they cannot be read."""
        length, seed = self._field("length"), self._field("seed")
        if not (length.is_valid and seed.is_valid and length.value and seed.value):
            raise BadInputError("letters and seed are whole numbers", "letters at least 1")
        if self._run is None:
            raise BadInputError("no run is chosen", "press n to start one")
        checkpoint = self.checkpoint
        if checkpoint not in _CHECKPOINTS and not (checkpoint.isascii() and checkpoint.isdigit()):
            kept = ", ".join(map(str, self._steps[-5:]))
            hint = f"write live, last, best or a step{f': {kept}' if kept else ''}"
            raise BadInputError(f"{checkpoint!r} is no checkpoint", hint)
        return Generate(
            0,
            self._run.name,
            self.text,
            [] if self.is_classifier else [spec.text for spec in self.specs()],
            checkpoint=checkpoint,
            length=int(length.value) or DEFAULT_LENGTH,
            seed=int(seed.value),
            unknown="nearest" if (self._run.name, self.text) == self._strange else "auto",
            has_trace=True,
        )

    def _field(self, name: str) -> Input:
        return self._inputs[name]


def _number(name: str, least: int, most: int) -> Input:
    return Input(id=name, compact=True, type="integer", validators=[Integer(least, most)])
