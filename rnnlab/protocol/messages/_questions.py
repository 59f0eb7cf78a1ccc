"""The questions to the generator process; each kind has a file in `worker/answers`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from rnnlab.protocol.messages._defaults import DEFAULT_LENGTH

RunName = str
"""Name of a run: what the app shows and the user types."""
RunPath = str
"""Path of a run directory: what the generator process reads. The app resolves names to paths."""


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
