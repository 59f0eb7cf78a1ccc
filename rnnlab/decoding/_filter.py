"""The declaration of a filter: its function, and the option that switches it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rnnlab.base.checked import Field
from rnnlab.decoding._numbers import LogProbs

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows

Apply = Callable[[LogProbs, Any, "Rows"], LogProbs]
"""apply(log-probs [R, V], value of the option, rows) -> renormalised log-probs in a new array.

The rows give the prompt and the continuation, for filters that need more than the distribution.
"""

Kind = Literal["temperature", "truncating", "penalty", "constraint"]
"""temperature: changes the ratios of probabilities, never the order of the tokens.
truncating: drops improbable tokens; which tokens may depend on an earlier temperature.
penalty: changes the order of the tokens.
constraint: drops tokens because of the text, however probable they are.
"""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter of the chain, declared as `FILTER` at the end of its module."""

    kind: Kind
    apply: Apply
    option: str
    """Name of the option, a field of `Options`."""
    value_type: Any = float
    neutral: Any
    """Value that switches the filter off; the default of the option."""
    help: str
    """Help line of the option in `rnnlab decoders` and in the form."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Bounds of the value, as pydantic names them: gt, ge, lt, le."""
    check: Callable[[str], object] | None = None
    """Function that parses a text value; the user reads the message of its ValueError."""
    needs_eos: bool = False
    """Whether the filter only affects EOS; the chain of a model without EOS omits it."""
    chain_text: str = "{name}={value}"
    """Text of the filter in the chain; {last} is the value of the option `last`."""

    def option_field(self) -> Any:
        """Return the declaration of the option as a field of `Options`."""
        limits: dict[str, Any] = dict(self.limits)
        return Field(self.neutral, description=self.help, check=self.check, **limits)
