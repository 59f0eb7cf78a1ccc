"""The options that every decoder has: the filters, in the order of the chain, and the limits."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from rnnlab.base.checked import Checked, Field
from rnnlab.decoding._filter import Apply, Filter, Kind
from rnnlab.decoding._numbers import NEVER, LogProbs, log_softmax
from rnnlab.decoding._step import SearchStart
from rnnlab.decoding._text import Rows
from rnnlab.decoding._values import parse_strings, quoted
from rnnlab.decoding.filters import load_filters

FILTERS = load_filters()
"""Every filter by its name, in the order of the chain."""
_FORM_ORDER: tuple[Kind, ...] = ("temperature", "truncating", "penalty", "constraint")


def _in_form_order() -> list[Filter]:
    """Return the filters in the order in which forms and messages list their options."""
    return sorted(FILTERS.values(), key=lambda entry: _FORM_ORDER.index(entry.kind))


if TYPE_CHECKING:

    class _FilterOptions(Checked):
        """One field per filter; the filter's module declares it."""

else:
    _FilterOptions = type(
        "_FilterOptions",
        (Checked,),
        {
            "__module__": __name__,
            "__annotations__": {entry.option: entry.value_type for entry in _in_form_order()},
            **{entry.option: entry.option_field() for entry in _in_form_order()},
        },
    )


class Options(_FilterOptions):
    """A field for each filter of FILTERS (its default switches the filter off), and the limits.

    Each filter changes the distribution that the previous filter left, and renormalises it.
    """

    last: int = Field(64, ge=1, le=1_000_000)
    """Number of recent tokens, with the prompt, for the penalties."""
    unk: Literal["ban", "write"] = "ban"
    """Never write `<unk>`, the token for unknown words, or treat it as a word."""
    stop: str = Field("", check=parse_strings)
    """End after any of these strings, such as "\\n|END"."""
    max_length: int = Field(0, ge=0)
    """Write at most N tokens (0: the length of the request)."""
    max_time: float = Field(0.0, ge=0)
    """Write for at most N seconds (0: no limit)."""

    def active_filters(self) -> tuple[tuple[str, Any], ...]:
        """Return the names and values of the filters that are on, in the order of the chain."""
        return self._active

    @cached_property
    def _active(self) -> tuple[tuple[str, Any], ...]:
        values = [(name, getattr(self, entry.option)) for name, entry in FILTERS.items()]
        return tuple((name, value) for name, value in values if value != FILTERS[name].neutral)

    @cached_property
    def _chain(self) -> list[tuple[str, Apply, Any]]:
        return [(name, FILTERS[name].apply, value) for name, value in self.active_filters()]

    def active_kinds(self) -> set[Kind]:
        """Return the kinds of the filters that are on."""
        return {FILTERS[name].kind for name, _ in self.active_filters()}

    @cached_property
    def has_filters(self) -> bool:
        """Whether any filter is on."""
        return bool(self.active_filters())

    def changes(self, start: SearchStart) -> bool:
        """Return whether `filter` can change the distributions of a search."""
        return self.has_filters or self.is_partial(start)

    def is_partial(self, start: SearchStart) -> bool:
        """Return whether tokens are excluded before the first filter."""
        return start.leaves_out or self.bans_unk(start.unk)

    def bans_unk(self, unk: int | None) -> bool:
        """Return whether the token for unknown words is dropped. unk: its id, if there is one."""
        return self.unk == "ban" and unk is not None

    def filter(self, log_probs_RV: LogProbs, rows: Rows) -> LogProbs:
        """Return the log-probs after all filters, renormalised; dropped tokens have -inf.

        A row of which all tokens are dropped is -inf everywhere and cannot be extended.
        """
        log_probs_RV = self._allowed(log_probs_RV, rows.start)
        for _, apply, value in self._chain:
            log_probs_RV = apply(log_probs_RV, value, rows)
        return log_probs_RV

    def filter_by_filter(self, log_probs_RV: LogProbs, rows: Rows) -> list[tuple[str, LogProbs]]:
        """Return the name of each active filter with the log-probs after this filter."""
        filtered = []
        log_probs_RV = self._allowed(log_probs_RV, rows.start)
        if self.bans_unk(rows.start.unk):
            filtered.append(("unk=ban", log_probs_RV))
        for name, apply, value in self._chain:
            log_probs_RV = apply(log_probs_RV, value, rows)
            filtered.append((name, log_probs_RV))
        return filtered

    def _allowed(self, log_probs_RV: LogProbs, start: SearchStart) -> LogProbs:
        """Return the log-probs of the tokens that are not excluded, renormalised."""
        if self.bans_unk(start.unk):
            log_probs_RV = log_probs_RV.copy()
            log_probs_RV[:, start.unk] = NEVER
        return log_softmax(log_probs_RV) if self.is_partial(start) else log_probs_RV

    def stop_strings(self) -> tuple[str, ...]:
        """Return the strings after which a text ends."""
        return parse_strings(self.stop)

    def longest(self, length: int) -> int:
        """Return the maximum number of tokens of a text, given the length of the request."""
        return min(length, self.max_length or length)

    def num_answers(self) -> int:
        """Return the default number of answers to one prompt."""
        return 1

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain; decoders override this method."""
        return []

    def chain(self, *, has_eos: bool = True) -> list[str]:
        """Return the chain as texts: the active filters in their order, the search, the limits.

        has_eos: whether the model has an EOS token; without it, filters that need it are omitted.
        """
        filters = [
            FILTERS[name].chain_text.format(name=name, value=_shown(value), last=self.last)
            for name, value in self.active_filters()
            if has_eos or not FILTERS[name].needs_eos
        ]
        return [*filters, *self.search_chain(), *self._limits()]

    def _limits(self) -> list[str]:
        limits = []
        if self.stop:
            limits.append(f"stop={quoted(self.stop)}")
        if self.max_length:
            limits.append(f"max_length={self.max_length}")
        if self.max_time:
            limits.append(f"max_time={shown_number(self.max_time)}s")
        return limits


def _shown(value: str | float) -> str:
    return quoted(value) if isinstance(value, str) else shown_number(value)


def shown_number(value: float) -> str:
    """Return a number as text, with all its digits, but without a final ".0"."""
    return repr(value).removesuffix(".0")
