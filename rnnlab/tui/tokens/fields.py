"""The fields of the token view: a text, decoders, and the weights that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label

from rnnlab.protocol.messages import DEFAULT_DECODERS
from rnnlab.tui.tokens.text_field import TextField

if TYPE_CHECKING:
    from rnnlab.decoding import Spec


class TokenFields(Horizontal):
    """One line of fields; enter in any of them reads the text."""

    def __init__(self) -> None:
        super().__init__(classes="row")
        self.text = TextField(id="own-text", placeholder="write a text, press enter")
        # `compose` sets the values: a field accepts a value only while an app is running.
        self._decoders = Input(id="own-filters", compact=True)
        self._weights = Input(id="own-weights", compact=True)

    def compose(self) -> ComposeResult:
        """Lay out the fields with their defaults."""
        self.fill(" ".join(DEFAULT_DECODERS), "live")
        yield Label("text ", classes="name")
        yield self.text
        yield Label(" decoders ", classes="name")
        yield self._decoders
        yield Label(" at ", classes="name")
        yield self._weights

    def fill(self, decoders: str, weights: str | None = None) -> None:
        """Write decoders into their field, and a checkpoint into the one of the weights."""
        self._decoders.value = decoders
        if weights is not None:
            self._weights.value = weights

    @property
    def decoders(self) -> str:
        """The specs of the decoders on one line; greedy if the field is empty."""
        return self._decoders.value.strip() or "greedy"

    @property
    def checkpoint(self) -> str:
        """The checkpoint that reads the text; live if the field is empty."""
        return self._weights.value.strip() or "live"

    def specs(self) -> list[Spec]:
        """Return the decoders; raise BadInputError for an invalid one."""
        from rnnlab.decoding import parse_spec, split_specs  # importing it takes 0.1 s

        return [parse_spec(text) for text in split_specs(self.decoders)]
