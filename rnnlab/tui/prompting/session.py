"""What was asked last and what has come of it: the same on every screen that shows it.

A listener of the generator that hands on what it hears to whoever shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.protocol.messages import (
    DEFAULT_LENGTH,
    Answer,
    Ended,
    Failed,
    Generate,
    Progress,
    Reply,
    Started,
    Trace,
)
from rnnlab.tui.messages import Listener
from rnnlab.tui.prompting.history import PromptHistory
from rnnlab.tui.prompting.search_trace import SearchTrace

if TYPE_CHECKING:
    from rnnlab.decoding import Spec
    from rnnlab.tui.prompting.saved_session import SavedSession

DEFAULT_DECODERS = "greedy nucleus:p=0.9 beam:k=3"
_KEPT = ("prompt", "decoders", "length", "seed", "checkpoint")
"""Fields that are found again at the next start."""


@dataclass
class Fields:
    """What stands in the fields of the prompt; every screen shows the same of a run."""

    prompt: str = ""
    decoders: str = DEFAULT_DECODERS
    length: str = str(DEFAULT_LENGTH)
    seed: str = "1"
    checkpoint: str = "live"
    """Of every run that none is chosen for."""
    checkpoints: dict[str, str] = field(default_factory=dict)
    """Chosen for one run, whose name is the key: another one need not have that step."""

    @classmethod
    def of(cls, kept: Mapping[str, str], checkpoints: Mapping[str, str]) -> Fields:
        """Return fields with what was kept of them; others are as at first."""
        fields = cls(checkpoints=dict(checkpoints))
        for name in _KEPT:
            setattr(fields, name, kept.get(name, getattr(fields, name)))
        return fields

    def kept(self) -> dict[str, str]:
        """Return what is to be found again at the next start, beside the steps chosen for runs."""
        return {name: getattr(self, name) for name in _KEPT}

    def checkpoint_of(self, run: str) -> str:
        """Return what is asked of a run."""
        return self.checkpoints.get(run, self.checkpoint)

    def choose_checkpoint(self, run: str, checkpoint: str) -> None:
        """Choose for a run; what is no step is chosen for all."""
        if checkpoint.isdigit():
            self.checkpoints[run] = checkpoint
        else:
            self.checkpoints.pop(run, None)
            self.checkpoint = checkpoint


class ChosenAnswer(NamedTuple):
    """A candidate whose letters are looked through."""

    run: str
    step: int
    """Of the weights that wrote it."""
    answer: Answer


class PromptSession:
    """The last request, its decoders, and how far they have come."""

    def __init__(self, fields: Fields | None = None) -> None:
        """Begin with nothing asked; fields: what stands in those of the prompt."""
        self.fields = fields or Fields()
        self.is_ready = False
        """Whether the generator has loaded what it needs."""
        self.history = PromptHistory()
        self.run = ""
        """Name of the run that was asked."""
        self.request: Generate | None = None
        self.specs: Sequence[Spec] = ()
        self.step: int | None = None
        """Step of the checkpoint that answers; None until it does."""
        self.answers: dict[int, list[Answer]] = {}
        """Of each decoder that has begun, by its number."""
        self.searches: dict[int, SearchTrace] = {}
        self.traced: list[Trace] = []
        """What the searches were made of, as it came."""
        self.elapsed_s = 0.0
        """How long the answer took, once it is over."""
        self.is_over = True
        self.is_cancelled = False
        """Whether the user has had enough, though the end was not told yet."""
        self.is_recalled = False
        """Whether it was asked at the last start."""
        self.problem = ""
        """Why it cannot be answered."""
        self.subject: ChosenAnswer | None = None
        self._shown_by: list[Listener] = []

    def show_on(self, listener: Listener) -> None:
        """Hand every reply on to a listener."""
        self._shown_by.append(listener)

    def begin(self, run: str, request: Generate, specs: Sequence[Spec]) -> None:
        """Take note of a new request."""
        self.run, self.request, self.specs = run, request, specs
        self.step = self.subject = None
        self.answers, self.searches, self.traced = {}, {}, []
        self.is_over, self.is_cancelled, self.problem = False, False, ""
        self.is_recalled, self.elapsed_s = False, 0.0

    async def recall(self, last: SavedSession) -> None:
        """Show what was asked at the last start, unless something is asked by now."""
        if self.request is not None:
            return
        self.begin(last.request.run, last.request, last.specs)
        self.is_recalled = True
        for reply in last.replies:
            if self._is_about(last.request):  # something else may be asked while this is shown
                await self.on_reply(reply)

    def _is_about(self, request: Generate) -> bool:
        return self.request is request

    def best(self) -> ChosenAnswer | None:
        """Return the first decoder's best candidate; None while there is none."""
        answer = next(iter(self.answers.get(0, ())), None)
        if answer is None or self.step is None or not self.specs:
            return None
        return ChosenAnswer(self.run, self.step, answer)

    async def on_reply(self, reply: Reply) -> None:
        """Take a reply, then hand it on."""
        match reply:
            case Started():
                self.step = reply.step
            case Progress():
                self.answers[reply.decoder] = reply.answers
            case Trace():
                from rnnlab.decoding import read_step

                self.traced.append(reply)
                search = self.searches.setdefault(reply.decoder, SearchTrace())
                search.add(map(read_step, reply.steps))
                search.is_cut = search.is_cut or reply.is_cut
            case Failed():
                self.problem = reply.message
            case Ended():
                self.is_over, self.elapsed_s = True, reply.elapsed_s
                self.is_cancelled = reply.was_cancelled
            case _:
                pass
        for listener in self._shown_by:
            await listener.on_reply(reply)


def save_answers(file: Path, answers: Sequence[Answer]) -> Path:
    """Write answers to a new file, as JSON where its name asks for it; return its path.

    Raises BadInputError where it is there already or cannot be written.
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
        raise BadInputError(f"{file} is there already", "give another name") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInputError(f"cannot write {file}: {reason}", "give another name") from None
    return file
