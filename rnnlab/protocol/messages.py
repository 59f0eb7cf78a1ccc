"""What is said between a front end and the generator process: JSON lines on its two pipes.

A question goes in as one line, replies come out as lines until `Ended`; `{"cancel": ask}` ends an
ask early. A question's `kind` is the file of `worker/answers` that answers it. Also the form of an
answer, the same in `rnnlab generate --json`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

EOS = "<eos>"
"""How the end of a sentence is written among the tokens of an answer."""

DEFAULT_DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=5")
"""Specs used when none is given: by `generate`, `compare --prompt` and the prompt of the app."""
DEFAULT_LENGTH = 120
"""Tokens written when no length is given."""
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Answer:
    """One continuation of a prompt."""

    decoder: str
    """The spec as it was given."""
    chain: list[str]
    """What really happened to the model's distribution, in order."""
    rank: int
    """1 for the best of its decoder."""
    text: str
    """Prompt and continuation."""
    continuation: str
    finished: bool
    """Whether the model ended the sentence itself."""
    logprob: float
    """The model's own log-prob of the continuation in nats, its end included when finished."""
    score: float
    """What the search ranked by."""
    tokens: list[str]
    token_logprobs: list[float]
    """The model's own log-prob of each token in nats, before filters."""
    prompt: str = ""
    """The prompt as it was read."""
    prompt_number: int = 0
    """Number of the prompt, from 0, where several were asked."""
    end: str | None = None
    """Why the text ends: `eos` (finished), `stop` string, `length`, `time`, or `stuck` where the
    filters left nothing; None while it grows."""
    parts_at: int | None = None
    """Place of the first token in which it leaves the best answer of its decoder; None for that."""
    prompt_note: str = ""
    """What was replaced or left out of the prompt, as one line; empty: nothing."""
    note: str = ""
    """What the search has found out about its answers, as one line."""


@dataclass(frozen=True)
class Generate:
    """Continue a text with some decoders."""

    kind: ClassVar = "generate"
    ask: int
    """Number of the question, repeated in every reply."""
    run: str
    """Path of the run directory."""
    prompt: str
    decoders: list[str]
    """Specs; all start from the same seed."""
    checkpoint: str = "last"
    """`last`, `best`, `live` (what is trained now) or a step."""
    length: int = DEFAULT_LENGTH
    num: int | None = None
    """Samples or best hypotheses wanted of a decoder; None: one sample, the whole beam."""
    seed: int = 1
    unknown: str = "auto"
    """What is done with letters that the model never saw: auto, refuse, drop, nearest or unk."""
    has_trace: bool = False
    """Whether the hypotheses of every step are wanted, too."""


@dataclass(frozen=True)
class Distributions:
    """Say what the model expects at every place of a text."""

    kind: ClassVar = "distributions"
    ask: int
    run: str
    prompt: str
    """Read as it is: no filter applies there."""
    tokens: list[str]
    """What was written after it, in the model's own tokens."""
    decoder: str = "greedy"
    """Spec whose filters apply after the prompt."""
    checkpoint: str = "last"
    num_shown: int = 40
    """Tokens of a distribution that are listed at least."""
    unknown: str = "auto"


@dataclass(frozen=True)
class Inspect:
    """Look into a model: gradients, gates, neurons and so on."""

    kind: ClassVar = "inspect"
    ask: int
    run: str
    view: str
    """Name of a view (`rnnlab/insight`), or `vanishing` for the runs in `members`."""
    checkpoint: str = "last"
    text: str | None = None
    """Text to look with; None: held-out text."""
    unit: str | None = None
    property: str | None = None
    gate: str | None = None
    other: str | None = None
    """Path of the run directory that is compared with."""
    other_checkpoint: str = "last"
    data: str | None = None
    """Folder of corpora where it is not the default one."""
    members: list[str] = field(default_factory=list)
    """Paths of the run directories of the vanishing-gradient lab."""


Question = Generate | Distributions | Inspect


@dataclass(frozen=True)
class Ready:
    """The process has loaded what it needs."""

    kind: ClassVar = "ready"


@dataclass(frozen=True)
class Started:
    """The model is loaded, the prompt read."""

    kind: ClassVar = "started"
    ask: int
    step: int
    """Step of the checkpoint that answers."""


@dataclass(frozen=True)
class Progress:
    """How far a decoder has come."""

    kind: ClassVar = "progress"
    ask: int
    decoder: int
    """Number of the spec in the request."""
    answers: list[Answer]
    is_last: bool


@dataclass(frozen=True)
class Trace:
    """What steps of a search made, kept and gave up since the last such reply."""

    kind: ClassVar = "trace"
    ask: int
    decoder: int
    """Number of the spec in the request."""
    steps: list[dict[str, Any]]
    """As lines of `rnnlab generate --trace`, without the distributions."""
    is_cut: bool = False
    """Whether there are too many hypotheses: no more steps come."""


@dataclass(frozen=True)
class DistributionsFound:
    """What the model expects at every place of a text."""

    kind: ClassVar = "distributions_found"
    ask: int
    step: int
    """Step of the checkpoint that answers."""
    tokens: list[str]
    """Those of the prompt as it was read, then those after it."""
    num_prompt: int
    """How many of them are the prompt's."""
    first_place: int
    """Place of the first row: the beginning of a long text has none."""
    rows: list[dict[str, Any]]
    """Distributions as in a line of `rnnlab generate --trace`, up to that of what comes next; fewer
    where the filters leave nothing."""
    chain: list[str]
    prompt_note: str = ""


@dataclass(frozen=True)
class Inspected:
    """What a look into one or two models has found."""

    kind: ClassVar = "inspected"
    ask: int
    findings: list[dict[str, Any]]
    """As `rnnlab.plots.Finding` writes them."""


@dataclass(frozen=True)
class Failed:
    """An ask cannot be answered; nothing more comes for it but Ended."""

    kind: ClassVar = "failed"
    ask: int
    message: str
    can_be_nearest: bool = False
    """Whether the same prompt would do with `unknown` set to nearest."""


@dataclass(frozen=True)
class Ended:
    """Nothing more comes for this ask."""

    kind: ClassVar = "ended"
    ask: int
    was_cancelled: bool
    elapsed_s: float


Reply = Ready | Started | Progress | Trace | DistributionsFound | Inspected | Failed | Ended
