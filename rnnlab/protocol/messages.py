"""The messages between a front end and the generator process: JSON lines on its two pipes.

A question is one line of input; its replies are lines of output, the last one `Ended`. A line
`{"cancel": ask}` ends a question early. The file of `worker/answers` with the name of a question's
`kind` answers it. `rnnlab generate --json` prints `Answer` with the same fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

EOS = "<eos>"
"""The end of a sentence among the tokens of an answer."""
END_MARK = "∎"
"""The end of a sentence in a text that is shown."""

DEFAULT_DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=5")
"""Specs used when none is given: by `generate`, `compare --prompt` and the prompt of the app."""
DEFAULT_LENGTH = 120
"""Tokens written when no length is given."""
MAX_SEED = 2**31 - 1

RunName = str
"""Name of a run: what the app shows and the user types."""
RunPath = str
"""Path of a run directory: what the generator process reads. The app resolves names to paths."""


@dataclass(frozen=True)
class Answer:
    """One continuation of a prompt."""

    decoder: str
    """The spec as the user wrote it."""
    chain: list[str]
    """The filters and the search that were applied, in order."""
    rank: int
    """1 for the best of its decoder."""
    text: str
    """Prompt and continuation."""
    continuation: str
    finished: bool
    """True if the model ended the sentence."""
    logprob: float
    """The model's log-prob of the continuation in nats, with the end if finished."""
    score: float
    """The value by which the search ranks its hypotheses."""
    tokens: list[str]
    token_logprobs: list[float]
    """The model's log-prob of each token in nats, before filters."""
    prompt: str = ""
    """The prompt after normalisation and replacement of unknown characters."""
    prompt_number: int = 0
    """Index of the prompt in the request."""
    end: str | None = None
    """Why the text ends: `eos` (finished), `stop` string, `length`, `time`, or `stuck` if the
    filters left no token; None while it grows."""
    parts_at: int | None = None
    """Index of the first token that differs from the decoder's best answer; None for the best."""
    prompt_note: str = ""
    """One line naming the replaced or dropped characters of the prompt; empty if none."""
    note: str = ""
    """One line in which the search comments on its answers, such as a proven bound."""


END_WORDS = {
    "eos": "ended", "stop": "stopped", "length": "long enough", "time": "out of time",
    "stuck": "no token left",
}  # fmt: skip
"""`Answer.end` -> words that are shown for it."""


@dataclass(frozen=True)
class Generate:
    """Continue a text with several decoders."""

    kind: ClassVar = "generate"
    ask: int
    """Number of the question; every reply repeats it."""
    run: RunPath
    prompt: str
    decoders: list[str]
    """Specs; all start from one prefill of the prompt and from the same seed."""
    checkpoint: str = "last"
    """`last`, `best`, `live` (saved by the worker now) or a step."""
    length: int = DEFAULT_LENGTH
    num: int | None = None
    """Samples or best hypotheses of each decoder; None: one sample, the whole beam."""
    seed: int = 1
    unknown: str = "auto"
    """Treatment of characters unknown to the model: auto, refuse, drop, nearest or unk."""
    has_trace: bool = False
    """True to receive the hypotheses of every step as `Trace`."""


@dataclass(frozen=True)
class Distributions:
    """Give the distribution of the next token at every place of a text."""

    kind: ClassVar = "distributions"
    ask: int
    run: RunPath
    prompt: str
    """No filter applies to the prompt."""
    tokens: list[str]
    """Tokens after the prompt, from the model's vocabulary."""
    decoder: str = "greedy"
    """Spec whose filters apply after the prompt."""
    checkpoint: str = "last"
    num_shown: int = 40
    """Least number of tokens listed of each distribution."""
    unknown: str = "auto"


@dataclass(frozen=True)
class Inspect:
    """Inspect a model: gradients, gates, neurons and so on."""

    kind: ClassVar = "inspect"
    ask: int
    run: RunPath
    view: str
    """Name of a view (`rnnlab/insight`), or `vanishing` for the runs in `members`."""
    checkpoint: str = "last"
    text: str | None = None
    """Text to inspect the model with; None: the validation split."""
    unit: str | None = None
    property: str | None = None
    gate: str | None = None
    other: RunPath | None = None
    """Path of the run directory to compare with."""
    other_checkpoint: str = "last"
    data: str | None = None
    """Folder of corpora; None: the default folder."""
    members: list[RunPath] = field(default_factory=list)
    """Paths of the run directories of the vanishing-gradient lab."""


Question = Generate | Distributions | Inspect


@dataclass(frozen=True)
class Ready:
    """The process has loaded torch and reads questions."""

    kind: ClassVar = "ready"


@dataclass(frozen=True)
class Started:
    """The model is loaded and the prompt encoded."""

    kind: ClassVar = "started"
    ask: int
    step: int
    """Step of the checkpoint that answers."""


@dataclass(frozen=True)
class Progress:
    """The newest frame of a decoder: its answers so far."""

    kind: ClassVar = "progress"
    ask: int
    decoder: int
    """Index of the spec in the request."""
    answers: list[Answer]
    is_last: bool


@dataclass(frozen=True)
class Classified:
    """The classes of a document; a `Progress` with the same as text follows."""

    kind: ClassVar = "classified"
    ask: int
    probabilities: dict[str, float]
    """Class -> probability, the most probable class first."""


@dataclass(frozen=True)
class Trace:
    """The steps of a search since the previous `Trace`."""

    kind: ClassVar = "trace"
    ask: int
    decoder: int
    """Index of the spec in the request."""
    steps: list[dict[str, Any]]
    """Lines of `rnnlab generate --trace` without the distributions."""
    is_cut: bool = False
    """True if the trace became too long: no more steps follow."""


@dataclass(frozen=True)
class DistributionsFound:
    """The distribution of the next token at every place of a text."""

    kind: ClassVar = "distributions_found"
    ask: int
    step: int
    """Step of the checkpoint that answers."""
    tokens: list[str]
    """The encoded prompt, then the tokens after it."""
    num_prompt: int
    """Number of tokens of the prompt."""
    first_place: int
    """Index of the token that the first row predicts; above 0 for a long prompt."""
    rows: list[dict[str, Any]]
    """Distributions as in `rnnlab generate --trace`, the last one of the token after the text;
    fewer if the filters leave no token."""
    chain: list[str]
    prompt_note: str = ""


@dataclass(frozen=True)
class Inspected:
    """The findings of one view of one or two models."""

    kind: ClassVar = "inspected"
    ask: int
    findings: list[dict[str, Any]]
    """Each as `rnnlab.plots.Finding.to_json` gives it."""


@dataclass(frozen=True)
class Failed:
    """A question cannot be answered; only `Ended` follows."""

    kind: ClassVar = "failed"
    ask: int
    message: str
    can_be_nearest: bool = False
    """True if the same prompt can be encoded with `unknown` set to `nearest`."""
    is_checkpoint_missing: bool = False
    """True if the run does not have the checkpoint of the question."""


@dataclass(frozen=True)
class Ended:
    """The last reply to a question."""

    kind: ClassVar = "ended"
    ask: int
    was_cancelled: bool
    elapsed_s: float


Reply = (
    Ready
    | Started
    | Progress
    | Classified
    | Trace
    | DistributionsFound
    | Inspected
    | Failed
    | Ended
)
