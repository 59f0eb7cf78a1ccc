"""Standard output is reserved for replies."""

from __future__ import annotations

import os

import pytest

from rnnlab.worker._stdout import replies_alone


def test_prints_of_a_library_are_not_replies(capfd: pytest.CaptureFixture[str]) -> None:
    kept = os.dup(1)
    try:
        with replies_alone() as replies:
            os.write(1, b"a library speaks")
            replies.write("answer")
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert capfd.readouterr() == ("answer", "a library speaks")
