"""The replies of the generator process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from rnnlab.protocol.messages._answer import Answer


@dataclass(frozen=True)
class Ready:
    """The process has loaded torch and reads questions."""

    kind: ClassVar = "ready"


@dataclass(frozen=True)
class Alive:
    """The answer to a ping."""

    kind: ClassVar = "alive"
    ping: int
    """Number of the ping."""


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
    | Alive
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
