"""The fields of a prompt: text, decoders, length, seed, checkpoint; enter submits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, TextArea

from rnnlab.base.errors import BadInputError
from rnnlab.runs.checkpoint import NAMES, parse_checkpoint
from rnnlab.runs.stored_checkpoints import NO_STEPS, StoredSteps
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.prompting.number_field import NumberField
from rnnlab.tui.prompting.prompt_text import PromptText
from rnnlab.tui.prompting.stale import origin_of_answers
from rnnlab.tui.state.prompt_session import PromptRequest, PromptSession
from rnnlab.tui.state.weights import WEIGHTS_HINT, weights_of

if TYPE_CHECKING:
    from rnnlab.decoding import Spec

_FIELDS = ("decoders", "length", "seed", "checkpoint")
"""The fields of one line, below the prompt."""
_AGAIN = "press enter again to replace each by a similar known one, or drop it"


class PromptForm(Vertical):
    """The fields; posts errors and hints as `Said`, a complete request as `Submitted`."""

    @dataclass
    class Said(Message):
        """A text for the status line of the screen; empty for the state of the request."""

        text: str
        is_problem: bool = False

    @dataclass
    class Submitted(Message):
        """The user has submitted the fields."""

        request: PromptRequest

    def __init__(self, session: PromptSession, *, is_of_all: bool = False) -> None:
        """is_of_all: whether the checkpoint applies to several runs, not to one."""
        super().__init__()
        self._session = session
        self._is_of_all = is_of_all
        self._run: RunSummary | None = None
        self._stored = NO_STEPS
        self._parsed: tuple[str, tuple[Spec, ...]] = ("", ())
        """Text of the decoders' field when it was last parsed, and the parsed specs."""
        self._steps: tuple[int, ...] = ()
        # `compose` sets the values: a field accepts a value only while an app is running.
        self.prompt = PromptText(session)
        self._length, self._seed = NumberField("length"), NumberField("seed")
        self._inputs: dict[str, Input] = {
            "decoders": Input(id="decoders", compact=True),
            "length": self._length,
            "seed": self._seed,
            "checkpoint": Input(id="checkpoint", compact=True, suggester=SuggestFromList(NAMES)),
        }
        self._unit_name = "chars"

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        self.load()
        with Horizontal(classes="row", id="prompt-row"):
            yield Label("text ", classes="name")
            yield self.prompt
        with Horizontal(classes="row"):
            yield Label("with ", classes="name writing")
            yield self._inputs["decoders"]
            yield Label(f" {self._unit_name} ", classes="name writing", id="unit")
            yield self._inputs["length"]
            yield Label(" seed ", classes="name writing")
            yield self._inputs["seed"]
            yield Label("step ", classes="name", id="step")
            yield self._inputs["checkpoint"]

    def choose(self, run: RunSummary | None, stored: StoredSteps = NO_STEPS) -> None:
        """Choose the run that will be prompted, and suggest the steps of its checkpoints."""
        is_other = run is None or self._run is None or run.name != self._run.name
        self._run, self._stored = run, stored
        if is_other:
            self.prompt.set_task(is_classifier=self.is_classifier)
            self.set_class(self.is_classifier, "-classify")  # without decoders
            self._name_unit("words" if run is not None and run.unit == "word" else "chars")
            if self.is_mounted:
                self.load()
        if stored.steps != self._steps:
            self._steps = stored.steps
            choices = [*NAMES, *map(str, reversed(stored.steps))]
            self._field("checkpoint").suggester = SuggestFromList(choices)

    def _name_unit(self, name: str) -> None:
        """Name the unit of the length; another text needs a new layout of the whole screen."""
        if name != self._unit_name:
            self._unit_name = name
            for label in self.query("#unit").results(Label):
                label.update(f" {name} ")

    def load(self) -> None:
        """Show the session's values, which another screen may have changed."""
        with self.prevent(Input.Changed, TextArea.Changed):
            self.prompt.set_text(self._session.fields.prompt)
            for name in _FIELDS:
                field, value = self._field(name), self._value(name)
                if field.value != value:
                    field.value = value
                    field.cursor_position = len(value)

    @on(Input.Changed)
    def keep(self, event: Input.Changed) -> None:
        """Write a changed field to the session, for the other screens."""
        fields = self._session.fields
        if event.input.id == "checkpoint":
            fields.choose_checkpoint(self._owner, event.value)
        elif event.input.id in _FIELDS:
            setattr(fields, event.input.id, event.value)

    @on(TextArea.Changed)
    def keep_text(self) -> None:
        """Write the changed text to the session, for the other screens."""
        self._session.fields.prompt = self.prompt.text

    @property
    def _owner(self) -> str:
        """Name of the run that the checkpoint applies to; empty if it applies to several runs."""
        return "" if self._is_of_all or self._run is None else self._run.name

    def _value(self, name: str) -> str:
        """Return the session's value of a field."""
        fields = self._session.fields
        if name == "checkpoint":
            return fields.checkpoint_of(self._owner)
        return str(getattr(fields, name))

    def origin_of_answers(self) -> str:
        """Return one line that names the request of stale answers; empty if they are not stale."""
        if self._run is None or self._session.request is None:
            return ""  # before a request, importing the decoders would delay the list of runs
        return origin_of_answers(self._session, self._run, self._stored, self.decoders())

    def decoders(self) -> tuple[str, ...] | None:
        """Return the specs of the decoders' field; None while it has an error."""
        try:
            return () if self.is_classifier else tuple(spec.text for spec in self.specs())
        except BadInputError:
            return None

    @property
    def checkpoint(self) -> str:
        """The checkpoint to prompt."""
        return self._value("checkpoint").strip() or "live"

    def weights(self) -> str:
        """Return the name of the weights that answer the session's request."""
        request, run = self._session.request, self._run
        is_of_run = request is not None and run is not None and request.run == run.name
        return weights_of(self._session.step or 0, run if is_of_run else None)

    @property
    def text(self) -> str:
        """The text to continue."""
        return self.prompt.text

    @property
    def is_classifier(self) -> bool:
        """True if the run classifies the text; it then needs no decoder.

        False if the request is for several runs: some of them may be language models.
        """
        return not self._is_of_all and self._run is not None and self._run.task == "classify"

    def specs(self) -> tuple[Spec, ...]:
        """Return the decoders, parsed once per text; raise BadInputError for an invalid one."""
        line = self._field("decoders").value
        if self._parsed[0] != line or not line:
            # Imported here: the import takes 0.1 s and would delay the first frame.
            from rnnlab.decoding import parse_spec, split_specs

            texts = split_specs(line)
            if not texts:
                raise BadInputError("no decoder is given", "enter one, such as greedy or beam:k=5")
            self._parsed = line, tuple(map(parse_spec, texts))
        return self._parsed[1]

    def set_decoders(self, specs: Sequence[str]) -> None:
        """Write specs into the decoders' field."""
        self._field("decoders").value = " ".join(specs)

    def focus_prompt(self) -> None:
        """Focus the prompt at once, not by a message: the next key is typed into it."""
        self.screen.set_focus(self.prompt)

    @on(Input.Changed, "#decoders")
    def check_decoders(self) -> None:
        """Show an error, or the chains of the decoders, while the user edits the field."""
        if not self._field("decoders").has_focus:
            return
        try:
            specs = self.specs()
        except BadInputError as error:
            self.post_message(self.Said(str(error), is_problem=True))
        else:
            chains = [" → ".join(spec.chain) for spec in specs]
            self.post_message(self.Said("; ".join(dict.fromkeys(chains))))

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def explain_weights(self, event: events.DescendantFocus | events.DescendantBlur) -> None:
        """Show what the field for the weights takes, while it has the focus."""
        if event.widget is self._field("checkpoint"):
            self.post_message(self.Said(WEIGHTS_HINT if event.widget.has_focus else ""))

    @on(Input.Submitted)
    @on(PromptText.Submitted)
    def send(self) -> None:
        """Post the fields as a complete request, or the first error in them."""
        try:
            request = self._request()
        except BadInputError as error:
            self.post_message(self.Said(str(error), is_problem=True))
            return
        self.prompt.leave_history()
        self.post_message(self.Said(self.waiting_note()))
        self.post_message(self.Submitted(request))

    def note_before_answers(self, hint: str) -> Said | None:
        """Return the status of a session without answers; None once they have begun.

        hint: status if there is no request.
        """
        session = self._session
        if session.failure is not None:
            return self.Said(self.problem_note(), is_problem=True)
        if session.request is None:
            return self.Said(hint)
        if session.is_given_up:
            return self.Said("cancelled; press enter to ask again")
        return None if session.step is not None else self.Said(self.waiting_note())

    def waiting_note(self) -> str:
        """Return the status of a request until the model is loaded and reads the prompt."""
        if not self._session.is_ready:
            return "starting the generator…"
        if self._run is not None and self._run.state == "starting":
            return f"waiting for the first weights of {self._run.name}…"
        return "loading the model… (esc stops)"

    def problem_note(self) -> str:
        """Return why the request failed and, for unknown characters, the key that replaces them."""
        failure = self._session.failure
        if failure is None:
            return ""
        return f"{failure.message}; {_AGAIN}" if failure.can_be_nearest else failure.message

    def _unknown(self, run: str) -> str:
        """Return `nearest` if the same prompt was refused for unknown characters, else `auto`."""
        last, failure = self._session.request, self._session.failure
        if last is None or (last.run, last.prompt) != (run, self.text):
            return "auto"
        return "nearest" if failure is not None and failure.can_be_nearest else last.unknown

    def _request(self) -> PromptRequest:
        """Return the request of the fields; raise BadInputError for an invalid field."""
        length, seed = self._length.number(self._unit_name), self._seed.number("seed")
        if self._run is None:
            raise BadInputError("no run is chosen", "press n to start one")
        if self.is_classifier and not self.text.strip():
            raise BadInputError("there is no text to classify", "write a document")
        parse_checkpoint(self.checkpoint, NAMES, self._steps)
        return PromptRequest(
            self._run.name,
            self.text,
            () if self.is_classifier else self.specs(),
            checkpoint=self.checkpoint,
            length=length,
            seed=seed,
            unknown=self._unknown(self._run.name),
        )

    def _field(self, name: str) -> Input:
        return self._inputs[name]
