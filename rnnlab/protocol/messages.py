"""The messages between a front end and the generator process: JSON lines on its two pipes.

A question is one line of input; its replies are lines of output, the last one `Ended`. A line
`{"cancel": ask}` cancels the question with that number. A question is answered by the file of
`worker/answers` that is named after its `kind`. `rnnlab generate --json` prints each `Answer` with
the same fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

EOS = "<eos>"
"""Token of an answer that marks the end of a sentence."""
END_MARK = "∎"
"""The end of a sentence in a text that is shown."""

CLASSIFY = "classify"
"""Decoder of an answer whose tokens are the classes of a document."""

DEFAULT_DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=5")
"""Default decoder specs of `generate`, `compare --prompt` and the prompt of the app."""
DEFAULT_LENGTH = 120
"""Default maximum number of tokens to write."""
MAX_SEED = 2**31 - 1

RunName = str
"""Name of a run: what the app shows and the user types."""
RunPath = str
"""Path of a run directory: what the generator process reads. The app resolves names to paths."""


@dataclass(frozen=True)
class Answer:
    """One continuation of a prompt."""

    decoder: str
    """Decoder spec, as the user typed it."""
    chain: list[str]
    """The filters and the search that were applied, in order."""
    rank: int
    """Rank among the answers of the same decoder; 1 for the best."""
    text: str
    """Prompt and continuation."""
    continuation: str
    finished: bool
    """True if the model ended the sentence."""
    logprob: float
    """The model's log-prob of the continuation in nats; includes EOS if `finished`."""
    score: float
    """The value by which the search ranks its hypotheses."""
    tokens: list[str]
    token_logprobs: list[float]
    """The model's log-prob of each token in nats, before the filters."""
    prompt: str = ""
    """The prompt after normalisation and replacement of unknown characters."""
    prompt_number: int = 0
    """Index of the prompt in the request."""
    end: str | None = None
    """Why the text ended: `eos` (finished), `stop` (a stop string), `length`, `time`, or `stuck`
    (the filters left no token); None while the text grows."""
    parts_at: int | None = None
    """Index of the first token that differs from the decoder's best answer; None for the best."""
    prompt_note: str = ""
    """One line that names the prompt's replaced or dropped characters; empty if none."""
    note: str = ""
    """One line from the search about its answers, such as a proven bound; may be empty."""


END_WORDS = {
    "eos": "ended", "stop": "stop string", "length": "max length", "time": "out of time",
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
    """Decoder specs; all start from one prefill of the prompt and from the same seed."""
    checkpoint: str = "last"
    """`last`, `best`, `live` (the worker saves one now) or a step."""
    length: int = DEFAULT_LENGTH
    num: int | None = None
    """Number of samples or of best hypotheses per decoder; None: one sample, or the whole beam."""
    seed: int = 1
    unknown: str = "auto"
    """Handling of characters unknown to the model: auto, refuse, drop, nearest or unk."""
    has_trace: bool = False
    """Whether the generator also sends the hypotheses of every step, in `Trace` replies."""


@dataclass(frozen=True)
class Distributions:
    """Give the distribution of the next token at every place of a text."""

    kind: ClassVar = "distributions"
    ask: int
    run: RunPath
    prompt: str
    """Start of the text; the filters do not apply to its tokens."""
    tokens: list[str]
    """Tokens after the prompt, from the model's vocabulary."""
    decoder: str = "greedy"
    """Spec of the decoder whose filters apply to the tokens after the prompt."""
    checkpoint: str = "last"
    num_shown: int = 40
    """Minimum number of tokens listed per distribution."""
    unknown: str = "auto"


@dataclass(frozen=True)
class Expand:
    """Give the distribution of the next token after a text and after its likely continuations."""

    kind: ClassVar = "expand"
    ask: int
    run: RunPath
    prompt: str
    """Start of the text; the decoder's continuation begins after it."""
    tokens: list[str]
    """Tokens after the prompt, from the model's vocabulary."""
    ahead: list[str] = field(default_factory=list)
    """Tokens that follow in the user's text; empty: the most probable ones follow."""
    decoder: str = "greedy"
    checkpoint: str = "last"
    num_children: int = 8
    """Number of most probable next tokens to expand."""
    num_ahead: int = 4
    """Number of most probable tokens, one after another, to expand if `ahead` is empty."""
    num_shown: int = 40
    """Minimum number of tokens listed per distribution."""
    unknown: str = "auto"


@dataclass(frozen=True)
class Inspect:
    """Inspect a model with one view: gradients, gates, neurons or another."""

    kind: ClassVar = "inspect"
    ask: int
    run: RunPath
    view: str
    """Name of a view (`rnnlab/insight`), or `vanishing` for the runs in `members`."""
    checkpoint: str = "last"
    text: str | None = None
    """Text that the model reads; None: the validation split."""
    unit: str | None = None
    property: str | None = None
    gate: str | None = None
    other: RunPath | None = None
    """Path of the run directory of the model to compare with; None: no comparison."""
    other_checkpoint: str = "last"
    data: str | None = None
    """Folder of corpora; None: the default folder."""
    members: list[RunPath] = field(default_factory=list)
    """Paths of the run directories of the vanishing-gradient lab."""


Question = Generate | Distributions | Expand | Inspect


@dataclass(frozen=True)
class Ready:
    """The process has loaded torch and reads questions."""

    kind: ClassVar = "ready"


@dataclass(frozen=True)
class Started:
    """The model is loaded and the prompt, if any, is encoded; the results follow."""

    kind: ClassVar = "started"
    ask: int
    step: int
    """Step of the checkpoint that was loaded."""


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
    """Steps, each like a line of `rnnlab generate --trace`, without the distributions."""
    is_cut: bool = False
    """Whether the trace reached its maximum length; if so, no more steps follow."""


@dataclass(frozen=True)
class DistributionsFound:
    """The distribution of the next token at every place of a text."""

    kind: ClassVar = "distributions_found"
    ask: int
    step: int
    """Step of the checkpoint that was loaded."""
    tokens: list[str]
    """Tokens of the prompt, followed by the tokens of the question."""
    num_prompt: int
    """Number of the prompt's tokens in `tokens`."""
    first_place: int
    """Index in `tokens` of the token that the first row predicts; above 0 for a long prompt."""
    rows: list[dict[str, Any]]
    """Distributions as in `rnnlab generate --trace`; the last predicts the token after the text.
    The rows end early if the filters leave no token."""
    chain: list[str]
    prompt_note: str = ""


@dataclass(frozen=True)
class Expanded:
    """The distributions after a text and after its likely continuations."""

    kind: ClassVar = "expanded"
    ask: int
    step: int
    """Step of the checkpoint that was loaded."""
    branches: list[list[str]]
    """Tokens after the text, for each row; empty for the text itself."""
    rows: list[dict[str, Any]]
    """Distributions as in `rnnlab generate --trace`, one per branch."""


@dataclass(frozen=True)
class Inspected:
    """The findings of one view, for one or two models."""

    kind: ClassVar = "inspected"
    ask: int
    findings: list[dict[str, Any]]
    """Findings, each as returned by `rnnlab.plots.Finding.to_json`."""


@dataclass(frozen=True)
class Failed:
    """The question cannot be answered; only `Ended` follows."""

    kind: ClassVar = "failed"
    ask: int
    message: str
    can_be_nearest: bool = False
    """Whether the same prompt can be encoded if `unknown` is set to `nearest`."""
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
    | Expanded
    | Inspected
    | Failed
    | Ended
)
