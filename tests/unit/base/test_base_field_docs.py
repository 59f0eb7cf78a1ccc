"""The docstrings below the fields of a class are their descriptions."""

from __future__ import annotations

from rnnlab.base.checked import Checked
from rnnlab.base.field_docs import docstring_of
from rnnlab.decoding import Options


class Plain(Checked):
    """A class with a field without a docstring."""

    first: int = 1
    """The first
    field."""
    second: int = 2


class Derived(Plain):
    """A class that documents one of its fields again."""

    first: int = 3
    """Another text."""


def test_a_docstring_below_a_field_is_its_description() -> None:
    assert docstring_of(Plain, "first") == "The first\nfield."
    assert docstring_of(Plain, "second") is None
    assert Plain.model_fields["first"].description == "The first\nfield."
    assert Derived.model_fields["first"].description == "Another text."
    assert Derived.model_fields["second"].description is None


class Own(Options):
    """Options of a decoder."""

    width: int = 1
    """Number of texts."""


def test_the_options_of_a_decoder_describe_themselves_and_keep_the_shared_texts() -> None:
    fields = Own.model_fields
    assert fields["width"].description == "Number of texts."
    assert fields["stop"].description == Options.model_fields["stop"].description
    assert "End after" in str(fields["stop"].description)
