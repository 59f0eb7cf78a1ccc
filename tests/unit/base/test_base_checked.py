"""Fields of `Checked` are read and refused as by the same pydantic model."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import Field as PydanticField

from rnnlab.base.checked import Checked, Field, InvalidValuesError


def no_x(text: str) -> None:
    if "x" in text:
        raise ValueError("no x")


class Base(Checked):
    """Fields of all kinds."""

    name: str = Field(min_length=1)
    k: int = Field(5, ge=1, le=1000)
    rate: float = Field(0.5, gt=0, lt=1, alias="r")
    free: float = 0.0
    few: int | None = Field(None, ge=2)
    is_on: bool = False
    mode: Literal["one", "two"] = "one"
    text: str = Field("", check=no_x)
    late: int = 1

    @classmethod
    def complete(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"late": 7, **values} if values.get("mode") == "two" else values

    def agree(self) -> None:
        if self.few == 13:
            raise ValueError("13 is unlucky")


class Derived(Base):
    """One field declared again."""

    k: int = Field(3, ge=1, le=9)


class Twin(BaseModel):
    """The same fields in pydantic."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, allow_inf_nan=False)

    name: str = PydanticField(min_length=1)
    k: int = PydanticField(3, ge=1, le=9)
    rate: float = PydanticField(0.5, gt=0, lt=1, alias="r")
    free: float = 0.0
    few: int | None = PydanticField(None, ge=2)
    is_on: bool = False
    mode: Literal["one", "two"] = "one"
    text: str = ""
    late: int = 1

    @model_validator(mode="before")
    @classmethod
    def complete(cls, values: Any) -> Any:
        return {"late": 7, **values} if values.get("mode") == "two" else values

    @model_validator(mode="after")
    def agree(self) -> Twin:
        if self.few == 13:
            raise ValueError("13 is unlucky")
        return self


VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([
        None, True, False, 0, 1, 3, 9, 10, 13, -1, 2**53, 2**70, 0.0, -0.0, 0.5, 1.0, 3.0, 3.5,
        1e300, float("inf"), float("nan"), "", "a", "é", "\ud800", "one", "two", "three", "0", "1",
        "3", "7", "13", "007", "-3", "+3", " 3 ", "3.0", "3.5", "0.25", ".5", "5.", "1e-1", "1_0",
        "inf", "nan", "true", "on", "٣", "0.1234567", "99999999999", b"3", [3], {},
    ]),
    st.integers(), st.floats(), st.text(max_size=4), st.from_regex(r"[0-9]{0,12}(\.[0-9]{0,9})?"),
)  # fmt: skip
NAMES = ["name", "k", "rate", "r", "free", "few", "is_on", "mode", "late", "unknown"]


def outcome(values: Mapping[str, Any], model: Any) -> object:
    """Return what a class makes of values: the fields with their types, or the problems."""
    try:
        instance = model.model_validate(values)
    except (ValidationError, InvalidValuesError) as error:
        details = error.errors() if isinstance(error, ValidationError) else error.details
        return [(detail["type"], detail["loc"], detail["msg"]) for detail in details]
    return [(name, type(value), repr(value)) for name, value in instance.model_dump().items()]


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_values_are_read_and_refused_as_by_pydantic(values: dict[str, Any]) -> None:
    values = {"name": "a", **values}
    assert outcome(values, Derived) == outcome(values, Twin)


@pytest.mark.parametrize("name", NAMES)
@given(value=VALUES)
def test_a_value_alone_is_read_and_refused_as_by_pydantic(name: str, value: object) -> None:
    values = {"name": "a", name: value}
    assert outcome(values, Derived) == outcome(values, Twin)


def test_a_field_without_a_default_is_required_and_a_class_may_declare_a_field_again() -> None:
    assert outcome({}, Derived) == outcome({}, Twin)
    assert Derived(name="a").k == 3
    assert Base(name="a", k=12).k == 12
    assert Base(name="a").k == 5
    assert list(Derived.model_fields) == list(Base.model_fields) == list(Twin.model_fields)
    fields = Derived.model_fields
    assert (fields["name"].is_required(), fields["k"].is_required()) == (True, False)
    assert (fields["k"].owner, fields["rate"].owner) == (Derived, Base)


def test_the_check_of_a_field_refuses_only_values_that_were_set() -> None:
    with pytest.raises(InvalidValuesError, match="no x"):
        Base(name="a", text="axe")
    assert Base(name="a", text="bee").text == "bee"


def test_an_object_cannot_be_changed_and_a_copy_has_its_own_values() -> None:
    instance = Base(name="a", k=2)
    with pytest.raises(AttributeError, match="immutable"):
        instance.k = 3
    with pytest.raises(AttributeError, match="immutable"):
        del instance.k
    other = instance.model_copy(update={"k": 4})
    assert (instance.k, other.k, other.name) == (2, 4, "a")
    assert instance == Base(name="a", k=2) != other
    assert instance != Derived(name="a", k=2)
    assert len({instance, other, Base(name="a", k=2)}) == 2
    assert pickle.loads(pickle.dumps(instance)) == instance
    assert repr(instance).startswith("Base(name='a', k=2, rate=0.5")
    assert "few" not in instance.model_dump(exclude_none=True)
    assert instance.model_dump(include=["k", "few"]) == {"k": 2, "few": None}
