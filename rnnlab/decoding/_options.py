"""Options of every decoder: its filters in the order in which they apply, and its limits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rnnlab.base import registry
from rnnlab.decoding._numbers import LogProbs, log_softmax
from rnnlab.decoding._values import parse_biases, parse_strings, quoted

if TYPE_CHECKING:
    from rnnlab.decoding._base import SearchStart
    from rnnlab.decoding._text import Rows

    Filter = Callable[[LogProbs, Any, Rows], LogProbs]


_ABOUT_EOS = frozenset({"min-length", "no-eos"})


class Options(BaseModel):
    """The fields of FILTERS apply in that order, each to what the one before has left.

    After every filter the rest is renormalised. Any of them off is the neutral value, the default.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True,
        allow_inf_nan=False,
    )  # fmt: skip

    temperature: float = Field(1.0, gt=0, le=100)
    """Divides the logits: below 1 sharper, above 1 flatter."""
    top_k: int = Field(0, ge=0)
    """Keep the so many most probable tokens (0: all)."""
    p: float = Field(1.0, gt=0, le=1)
    """Keep the nucleus: the smallest set of tokens whose probability reaches p."""
    min_p: float = Field(0.0, ge=0, le=1)
    """Keep tokens at least so many times as probable as the best one."""
    typical: float = Field(1.0, gt=0, le=1)
    """Keep the most typical tokens until their probability reaches it."""
    epsilon: float = Field(0.0, ge=0, lt=1)
    """Keep tokens of at least this probability."""
    eta: float = Field(0.0, ge=0, lt=1)
    """Keep tokens of at least this probability, and less where the entropy is high."""
    sigma: float = Field(0.0, ge=0, le=100)
    """Keep tokens whose logit is at most so many standard deviations below the best (0: all)."""
    repetition: float = Field(1.0, ge=1, le=100)
    """Make logits of tokens among the last ones so many times worse."""
    presence: float = Field(0.0, ge=-100, le=100)
    """Take so many nats from tokens among the last ones."""
    frequency: float = Field(0.0, ge=-100, le=100)
    """Take so many nats from a token for each time it is among the last ones."""
    last: int = Field(64, ge=1, le=1_000_000)
    """Tokens, of the prompt too, that the three penalties look back at."""
    no_repeat: int = Field(0, ge=0, le=1000)
    """Never write the same so many tokens in a row twice (0: allowed)."""
    ban: str = ""
    """Strings never to be written, as "e|the"."""
    bias: str = ""
    """Nats added to what would complete a string, as "e=-2|the=1.5"."""
    min_length: int = Field(0, ge=0)
    """Do not end the sentence before so many tokens are written."""
    prefix: str = ""
    """The continuation begins with this."""
    eos: Literal["stop", "ban"] = "stop"
    """Stop where the model ends the sentence, or never let it."""
    stop: str = ""
    """End after any of these strings, as "\\n|END"."""
    max_length: int = Field(0, ge=0)
    """Write so many tokens at most (0: as many as asked for)."""
    max_time: float = Field(0.0, ge=0)
    """Write for so many seconds at most (0: no limit)."""

    FILTERS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("prefix", "prefix"),
        ("bias", "bias"),
        ("repetition", "repetition"),
        ("presence", "presence"),
        ("frequency", "frequency"),
        ("no-repeat", "no_repeat"),
        ("ban", "ban"),
        ("min-length", "min_length"),
        ("no-eos", "eos"),
        ("temperature", "temperature"),
        ("top-n-sigma", "sigma"),
        ("top-k", "top_k"),
        ("top-p", "p"),
        ("min-p", "min_p"),
        ("typical", "typical"),
        ("epsilon", "epsilon"),
        ("eta", "eta"),
    )
    """Entries of `decoding/filters` with the option that sets each, in the order of the chain."""
    PENALTIES: ClassVar[frozenset[str]] = frozenset({"bias", "repetition", "presence", "frequency"})
    """Filters that change the order of tokens instead of dropping some."""
    CUTS: ClassVar[frozenset[str]] = frozenset(
        {"top-n-sigma", "top-k", "top-p", "min-p", "typical", "epsilon", "eta"}
    )
    """Filters that drop what is improbable, and so heed a temperature before them."""

    @field_validator("bias")
    @classmethod
    def _check_bias(cls, text: str) -> str:
        parse_biases(text)
        return text

    @field_validator("ban", "stop")
    @classmethod
    def _check_strings(cls, text: str) -> str:
        parse_strings(text)
        return text

    def active_filters(self) -> tuple[tuple[str, Any], ...]:
        """Return name and value of the filters that do something, in order."""
        return self._active

    @cached_property
    def _active(self) -> tuple[tuple[str, Any], ...]:
        return tuple(
            (name, getattr(self, option))
            for name, option in self.FILTERS
            if getattr(self, option) != Options.model_fields[option].default
        )

    @cached_property
    def _chain(self) -> list[tuple[str, Filter, Any]]:
        return [
            (name, registry.load("decoding/filters", name).apply, value)
            for name, value in self.active_filters()
        ]

    @cached_property
    def has_filters(self) -> bool:
        """Whether the distribution is changed at all."""
        return bool(self.active_filters())

    def changes(self, start: SearchStart) -> bool:
        """Return whether a search from there has to filter at all."""
        return self.has_filters or start.leaves_out

    def filter(self, log_probs_RV: LogProbs, rows: Rows) -> LogProbs:
        """Return the log-probs after all filters, renormalised; dropped tokens have -inf.

        A row in which nothing is left has -inf everywhere: it cannot be extended.
        """
        if rows.start.leaves_out:
            log_probs_RV = log_softmax(log_probs_RV)
        for _, apply, value in self._chain:
            log_probs_RV = apply(log_probs_RV, value, rows)
        return log_probs_RV

    def filter_by_filter(self, log_probs_RV: LogProbs, rows: Rows) -> list[tuple[str, LogProbs]]:
        """Return the log-probs after each filter, with its name: who dropped what."""
        found = []
        if rows.start.leaves_out:
            log_probs_RV = log_softmax(log_probs_RV)
        for name, apply, value in self._chain:
            log_probs_RV = apply(log_probs_RV, value, rows)
            found.append((name, log_probs_RV))
        return found

    def stop_strings(self) -> tuple[str, ...]:
        """Return the strings after which a text ends."""
        return parse_strings(self.stop)

    def longest(self, length: int) -> int:
        """Return how many tokens a text may have where `length` are asked for."""
        return min(length, self.max_length or length)

    def num_answers(self) -> int:
        """Return how many answers the search gives to one prompt by itself."""
        return 1

    def search_chain(self) -> list[str]:
        """Return what the search itself does, for the chain; a decoder says more of itself."""
        return []

    def chain(self, *, has_eos: bool = True) -> list[str]:
        """Return everything that happens to the model's distribution, in order.

        has_eos: whether texts have an end; where they have none, nothing can be done about it.
        """
        active = [f for f in self.active_filters() if has_eos or f[0] not in _ABOUT_EOS]
        return [*map(self._said, active), *self.search_chain(), *self._limits()]

    def _said(self, active: tuple[str, Any]) -> str:
        name, value = active
        if name == "no-eos":
            return "no end of the sentence"
        said = f"{name}={quoted(value) if isinstance(value, str) else shown_number(value)}"
        return f"{said} over the last {self.last}" if name in self.PENALTIES - {"bias"} else said

    def _limits(self) -> list[str]:
        limits = []
        if self.stop:
            limits.append(f"stop={quoted(self.stop)}")
        if self.max_length:
            limits.append(f"max_length={self.max_length}")
        if self.max_time:
            limits.append(f"max_time={shown_number(self.max_time)}s")
        return limits


def shown_number(value: float) -> str:
    """Return a number as a spec means it, to the last digit."""
    return repr(value).removesuffix(".0")
