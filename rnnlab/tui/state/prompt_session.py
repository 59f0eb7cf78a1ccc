"""The prompt session: the last request, its answers and its trace, the same on every screen.

The session receives the generator's replies and hands them on to the board of the visible screen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rnnlab.base.display import escaped, unescaped
from rnnlab.base.errors import BadInputError
from rnnlab.protocol.messages import (
    DEFAULT_DECODERS,
    DEFAULT_LENGTH,
    Answer,
    Ended,
    Failed,
    Generate,
    Progress,
    Reply,
    RunName,
    RunPath,
    Started,
    Trace,
)
from rnnlab.runs.checkpoint import is_step
from rnnlab.tui.messages import Listener
from rnnlab.tui.state.prompt_history import PromptHistory
from rnnlab.tui.state.search_trace import SearchTrace

if TYPE_CHECKING:
    from rnnlab.decoding import Spec

_KEPT = ("prompt", "decoders", "length", "seed", "checkpoint")
"""Fields that are saved for the next start."""


@dataclass
class Fields:
    """The values of the prompt's fields, the same on every screen."""

    prompt: str = ""
    """The text as it is sent to the model; its saved value is escaped, on one line."""
    decoders: str = " ".join(DEFAULT_DECODERS)
    length: str = str(DEFAULT_LENGTH)
    seed: str = "1"
    checkpoint: str = "live"
    """Checkpoint of all runs that are not in `checkpoints`."""
    checkpoints: dict[str, str] = field(default_factory=dict)
    """Steps chosen for single runs, by the run's name: other runs may not have that step."""

    @classmethod
    def of(cls, saved: Mapping[str, str], checkpoints: Mapping[str, str]) -> Fields:
        """Return fields with the saved values; a field that was not saved gets its default."""
        fields = cls(checkpoints=dict(checkpoints))
        for name in _KEPT:
            setattr(fields, name, saved.get(name, getattr(fields, name)))
        fields.prompt = unescaped(fields.prompt)
        return fields

    def kept(self) -> dict[str, str]:
        """Return the values to save, without `checkpoints`."""
        values = {name: getattr(self, name) for name in _KEPT}
        return {**values, "prompt": escaped(self.prompt)}

    def checkpoint_of(self, run: str) -> str:
        """Return the value of the checkpoint field for a run."""
        return self.checkpoints.get(run, self.checkpoint)

    def choose_checkpoint(self, run: str, checkpoint: str) -> None:
        """Set a step for one run, or a name such as `best` for all runs."""
        if is_step(checkpoint):
            self.checkpoints[run] = checkpoint
        else:
            self.checkpoints.pop(run, None)
            self.checkpoint = checkpoint


class ChosenAnswer(NamedTuple):
    """A candidate opened in the token view."""

    run: RunName
    step: int
    """Step of the weights that wrote the answer."""
    answer: Answer


@dataclass(frozen=True)
class PromptRequest:
    """A complete request, built from the prompt's fields."""

    run: RunName
    prompt: str
    specs: tuple[Spec, ...]
    """The decoders, parsed; none for a classifier."""
    checkpoint: str = "live"
    length: int = DEFAULT_LENGTH
    seed: int = 1
    unknown: str = "auto"
    has_trace: bool = True

    def question(self, path: RunPath) -> Generate:
        """Return the question to the generator process, given the path of the run."""
        return Generate(
            0,
            path,
            self.prompt,
            [spec.text for spec in self.specs],
            checkpoint=self.checkpoint,
            length=self.length,
            seed=self.seed,
            unknown=self.unknown,
            has_trace=self.has_trace,
        )


@dataclass(frozen=True)
class SavedSession:
    """A request and its replies, `Started` first, `Ended` last."""

    request: PromptRequest
    replies: Sequence[Reply]


class RequestListener:
    """Hands the replies to one request to the session until another request replaces it."""

    def __init__(self, session: PromptSession) -> None:
        self._session = session

    async def on_reply(self, reply: Reply) -> None:
        """Hand a reply to the session; ignore it if the session has a newer request."""
        if self._session.listener is self:
            await self._session.on_reply(reply)


class PromptSession:
    """The last request, its answers and its trace; hands replies on to one board."""

    def __init__(self, fields: Fields | None = None) -> None:
        """Begin without a request; fields: values of the prompt's fields, None for the defaults."""
        self.fields = fields or Fields()
        self.is_ready = False
        """True once the generator process has loaded torch."""
        self.history = PromptHistory()
        self.request: PromptRequest | None = None
        self._reset()
        self._board: Listener | None = None
        """The board of the visible screen."""
        self._num_changes = 0
        self._seen: dict[Listener, int] = {}
        """Number of changes that each board had shown when its screen was hidden."""

    def _reset(self) -> None:
        """Drop the answers and the trace of the previous request."""
        self.listener = RequestListener(self)
        """The listener to the generator's replies to the request."""
        self.step: int | None = None
        """Step of the weights that answer; None before `Started`."""
        self.answers: dict[int, list[Answer]] = {}
        """The newest answers of each decoder, by its index."""
        self.complete: set[int] = set()
        """Indices of the decoders whose answers are complete."""
        self.searches: dict[int, SearchTrace] = {}
        self.traced: list[Trace] = []
        """The replies that `searches` was built from."""
        self.failure: Failed | None = None
        """The error of the request; None if there is none."""
        self.subject: ChosenAnswer | None = None
        self.elapsed_s = 0.0
        """Duration of the whole answer in seconds; 0 until it is complete."""
        self.is_over = True
        self.is_cancelled = False
        """True once the user has cancelled the request."""
        self.is_recalled = False
        """True if the request belongs to the previous session and was read from the file."""

    @property
    def specs(self) -> Sequence[Spec]:
        """The decoders of the request."""
        return () if self.request is None else self.request.specs

    @property
    def problem(self) -> str:
        """Why the request cannot be answered; empty if it can."""
        return "" if self.failure is None else self.failure.message

    def attach(self, listener: Listener) -> bool:
        """Hand replies to this board alone; return True if it has missed changes."""
        if self._board is listener:
            return False
        self.detach()
        self._board = listener
        return self._seen.pop(listener, -1) != self._num_changes

    def detach(self, listener: Listener | None = None) -> None:
        """Stop handing replies to a board, whose screen is now hidden; None: to any board."""
        if self._board is not None and listener in (None, self._board):
            self._seen[self._board] = self._num_changes
            self._board = None

    def submit(self, request: PromptRequest) -> None:
        """Begin a request and add its prompt to the history."""
        self.begin(request)
        self.history.add(request.prompt)

    def cancel(self) -> Listener:
        """Give the request up at once; return its listener, which completes only begun answers."""
        listener = self.listener
        self.is_over = self.is_cancelled = True
        self._num_changes += 1
        if not self.answers:
            self.listener = RequestListener(self)  # the process may end the question much later
        return listener

    @property
    def is_given_up(self) -> bool:
        """True if the user has cancelled the request before it had an answer."""
        return self.is_over and self.is_cancelled and not self.answers

    def begin(self, request: PromptRequest) -> None:
        """Replace the previous request and its answers."""
        self._reset()
        self.request = request
        self.is_over = False
        self._num_changes += 1

    async def recall(self, last: SavedSession) -> None:
        """Replay the saved session, unless there is a request already."""
        if self.request is not None:
            return
        self.begin(last.request)
        self.is_recalled = True
        listener = self.listener  # ignores the rest if the user submits another request meanwhile
        for reply in last.replies:
            await listener.on_reply(reply)

    def best(self) -> ChosenAnswer | None:
        """Return the first decoder's best candidate; None while there is none."""
        answer = next(iter(self.answers.get(0, ())), None)
        if answer is None or self.step is None or self.request is None or not self.specs:
            return None
        return ChosenAnswer(self.request.run, self.step, answer)

    async def on_reply(self, reply: Reply) -> None:
        """Record a reply to the request, then hand it to the board of the visible screen."""
        self._num_changes += 1
        match reply:
            case Started():
                self.step = reply.step
            case Progress():
                self.answers[reply.decoder] = reply.answers
                if reply.is_last:
                    self.complete.add(reply.decoder)
            case Trace():
                from rnnlab.decoding import read_step

                self.traced.append(reply)
                search = self.searches.setdefault(reply.decoder, SearchTrace())
                search.add(map(read_step, reply.steps))
                search.is_cut = search.is_cut or reply.is_cut
            case Failed():
                self.failure = reply
            case Ended():
                self.is_over, self.elapsed_s = True, reply.elapsed_s
                self.is_cancelled = reply.was_cancelled
            case _:
                pass
        if self._board is not None:
            await self._board.on_reply(reply)


def save_answers(file: Path, answers: Sequence[Answer]) -> Path:
    """Write answers to a new file, as JSON if its name ends in .json; return its path.

    Raises BadInputError if the file exists or cannot be written.
    """
    try:
        file = file.expanduser()
        if file.suffix == ".json":
            text = json.dumps([asdict(answer) for answer in answers], ensure_ascii=False, indent=2)
        else:
            text = "\n\n".join(
                f"# {answer.decoder} #{answer.rank}  {answer.logprob:.2f} nats\n{answer.text}"
                for answer in answers
            )
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text + "\n")
    except FileExistsError:
        raise BadInputError(f"{file} already exists", "give another name") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInputError(f"cannot write {file}: {reason}", "give another name") from None
    return file
