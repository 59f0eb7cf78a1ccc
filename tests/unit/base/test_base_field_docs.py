"""The docstrings below the fields of a model are their descriptions."""

from __future__ import annotations

from pydantic import BaseModel

from rnnlab.base.field_docs import describe_fields
from rnnlab.decoding import Options


class Plain(BaseModel):
    """A model with a field without a docstring."""

    first: int = 1
    """The first
    field."""
    second: int = 2


class Derived(Plain):
    """A model that documents one of its fields again."""

    first: int = 3
    """Another text."""


def test_a_docstring_below_a_field_is_its_description() -> None:
    describe_fields(Plain)
    describe_fields(Derived)
    texts = {name: field.description for name, field in Plain.model_fields.items()}
    assert texts == {"first": "The first\nfield.", "second": None}
    assert Derived.model_fields["first"].description == "Another text."


class Own(Options):
    """Options of a decoder."""

    width: int = 1
    """Number of texts."""


def test_the_options_of_a_decoder_describe_themselves_and_keep_the_shared_texts() -> None:
    fields = Own.model_fields
    assert fields["width"].description == "Number of texts."
    assert fields["stop"].description == Options.model_fields["stop"].description
    assert "End after" in str(fields["stop"].description)
