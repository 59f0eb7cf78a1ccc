"""The message of an error that an action must raise, fit for one line of a terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError


def refused(action: Callable[[], object], error: type[RnnlabError] = BadInputError) -> str:
    """Return the message of the error that `action` raises; fail if it raises another or none."""
    with pytest.raises(error) as caught:
        action()
    assert type(caught.value) is error
    message = str(caught.value)
    assert message.isprintable()
    return message
