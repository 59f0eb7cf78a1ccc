"""What a decoder is: a search that yields frames of hypotheses.

Shapes: P prompts, R rows (live hypotheses or samples of all prompts), V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from rnnlab import registry

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    State = tuple[tuple[Tensor, ...], ...]
    """Over layers, each part [R, H]; decoders hand it on and reorder its rows, no more."""


class Step(Protocol):
    """The seam between decoders and models."""

    def __call__(self, state: State, tokens_R: Tensor, /) -> tuple[Tensor, State]:
        """Read one token a row; return the log-probs [R, V] of the next one, and the new state."""
        ...


class Start(NamedTuple):
    """Where a search begins: the prompts have been read."""

    log_probs_PV: Tensor
    """Log-probs of the first token to write."""
    state: State
    """State after the prompts, P rows."""
    eos: int | None = None
    """The token that ends a sentence; None where texts have no end."""


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """One continuation, linked to the shorter one that it extends."""

    parent: Hypothesis | None
    """The hypothesis without the last token; None for the empty one."""
    token: int
    token_logprob: float
    """The model's own log-prob of the last token in nats, before any filter."""
    logprob: float
    """The model's own log-prob of all tokens in nats."""
    score: float
    """What the search ranks by."""
    length: int
    is_finished: bool = False
    """Whether the last token is the end of the sentence."""
    prompt: int = 0
    """Number of the prompt that it continues."""

    def path(self) -> list[Hypothesis]:
        """Return the hypotheses from the first token to this one."""
        path: list[Hypothesis] = []
        node: Hypothesis | None = self
        while node is not None and node.length > 0:
            path.append(node)
            node = node.parent
        return path[::-1]

    def tokens(self) -> list[int]:
        """Return the tokens, the end of the sentence included."""
        return [node.token for node in self.path()]

    def token_logprobs(self) -> list[float]:
        """Return the model's own log-prob of each token in nats."""
        return [node.token_logprob for node in self.path()]

    def extended(self, token: int, logprob: float, score: float, eos: int | None) -> Hypothesis:
        """Return this hypothesis with one more token."""
        return Hypothesis(
            self, token, logprob, self.logprob + logprob, score, self.length + 1,
            token == eos, self.prompt,
        )  # fmt: skip


def empty_hypothesis(prompt: int = 0) -> Hypothesis:
    """Return the hypothesis without tokens."""
    return Hypothesis(None, -1, 0.0, 0.0, 0.0, 0, prompt=prompt)


class Frame(NamedTuple):
    """All hypotheses after one step of a search, best first within a prompt."""

    hypotheses: list[Hypothesis]
    """Live and finished ones."""
    is_last: bool = False
    """Whether the search has ended and these are its answers."""


class Options(BaseModel):
    """Options of every decoder: its length and the filters, in the order in which they apply."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True,
        allow_inf_nan=False,
    )  # fmt: skip

    temperature: float = Field(1.0, gt=0, le=100)
    """Divides the logits: below 1 sharper, above 1 flatter."""
    top_k: int = Field(0, ge=0)
    """Keep the so many most probable tokens (0: all)."""
    p: float = Field(1.0, gt=0, le=1)
    """Keep the smallest set of tokens whose probability reaches p."""

    FILTERS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("temperature", "temperature"),
        ("top-k", "top_k"),
        ("top-p", "p"),
    )
    """Entries of `decoding/filters` with the option that sets each, in the order of the chain."""

    def active_filters(self) -> list[tuple[str, float]]:
        """Return name and value of the filters that do something, in order."""
        plain = Options()
        return [
            (name, getattr(self, option))
            for name, option in self.FILTERS
            if getattr(self, option) != getattr(plain, option)
        ]

    def filter(self, log_probs_RV: Tensor) -> Tensor:
        """Return the log-probs after all filters, renormalised; dropped tokens have -inf."""
        for name, value in self.active_filters():
            log_probs_RV = registry.load("decoding/filters", name).apply(log_probs_RV, value)
        return log_probs_RV

    def search_chain(self) -> list[str]:
        """Return what the search itself does, for the chain; a decoder says more of itself."""
        return []

    def chain(self) -> list[str]:
        """Return everything that happens to the model's distribution, in order."""
        return [f"{name}={value:g}" for name, value in self.active_filters()] + self.search_chain()


Search = Callable[
    [Step, Start, Any, int, "Sequence[torch.Generator]"],
    Iterator[Frame],
]
"""search(step, start, options, max_length, generators): one generator for each prompt.

The options are of the decoder's own type.
"""


@dataclass(frozen=True)
class Decoder:
    """An entry of the folder: a search and the options that it takes."""

    search: Search
    options: type[Options]
    is_random: bool
    """Whether the seed matters, so that several samples differ."""
    source: str = ""
    """Where it was published."""
