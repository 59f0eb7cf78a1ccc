"""A field for a whole number."""

from __future__ import annotations

from textual.validation import Integer
from textual.widgets import Input

from rnnlab.base.errors import BadInputError
from rnnlab.protocol.messages import MAX_SEED

_LIMITS = {"length": (1, 100_000), "seed": (0, MAX_SEED)}
"""The fields for a number -> the least and the greatest one."""


class NumberField(Input):
    """A field of the prompt for a whole number."""

    def __init__(self, name: str) -> None:
        """name: `length` or `seed`."""
        self._least, self._most = _LIMITS[name]
        limits = Integer(self._least, self._most)
        super().__init__(id=name, compact=True, type="integer", validators=[limits])

    def number(self, shown: str) -> int:
        """Return the number. shown: name of the field, for the error. Raises BadInputError.

        A hidden field has no error: the request does not need its number.
        """
        if self.is_valid and self.value:
            return int(self.value)
        if not self.display:
            return self._least
        raise BadInputError(
            f"{shown} must be a whole number", f"enter {self._least} to {self._most}"
        )
