"""Classes with validated fields, such as settings. Pydantic checks only values that need it.

Importing pydantic takes longer than loading a model and continuing a text with it. Values that are
plainly valid, such as `5` or the text "5" for an integer, are therefore checked here. If any value
is not, pydantic decides about all of them: it is the only source of conversions and of messages.
Methods that pydantic's models have, too, do what they do there.
"""

from __future__ import annotations

import inspect
import math
import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

from rnnlab.base.field_docs import docstring_of

_INTEGER = re.compile(r"0|[1-9][0-9]{0,8}")
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
_LARGE = 2**53
"""Integers below are exact as floats."""
_NOT_PLAIN = object()


class InvalidValuesError(ValueError):
    """Values that pydantic refuses."""

    def __init__(self, details: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("; ".join(str(detail["msg"]) for detail in details))
        self.details = details
        """One entry for each problem, as `pydantic.ValidationError.errors` returns it."""


class FieldInfo:
    """The declaration of a field."""

    name = ""
    """Name of the attribute."""
    owner: type[Checked]
    """Class that declares the field."""
    annotation: Any = None
    """Type of the values: str, int, float, bool, a Literal of texts, or one of them or None."""

    def __init__(
        self,
        default: Any,
        *,
        is_optional: bool,
        alias: str | None,
        description: str | None,
        check: Callable[[str], object] | None,
        limits: Mapping[str, float],
    ) -> None:
        self.default, self.alias, self.limits = default, alias, limits
        """The default is None for a field that is required."""
        self.check = check
        """Function that raises an exception for an invalid value; ValueError has a message."""
        self._is_optional, self._description = is_optional, description

    def is_required(self) -> bool:
        """Return whether the field has no default."""
        return not self._is_optional

    @cached_property
    def description(self) -> str | None:
        """The help line: the docstring below the field, unless it was declared with one."""
        return self._description or docstring_of(self.owner, self.name)

    def checked(self, value: Any) -> Any:
        """Return a value; raise ValueError if the field's own check refuses it."""
        if self.check is not None and value is not None:
            self.check(value)
        return value

    def plain(self, value: Any) -> Any:
        """Return a value in the type of the field; `_NOT_PLAIN` if pydantic has to decide."""
        types_of_values, choices = self._types
        if value is None:
            return None if types.NoneType in types_of_values else _NOT_PLAIN
        kind = types_of_values[0]
        if kind is str:
            return value if type(value) is str and self._fits_text(value, choices) else _NOT_PLAIN
        if kind is bool:
            return value if type(value) is bool else _NOT_PLAIN
        if type(value) is str and (_INTEGER if kind is int else _NUMBER).fullmatch(value):
            value = kind(value)
        if kind is float and type(value) is int and abs(value) < _LARGE:
            value = float(value)
        if type(value) is not kind:
            return _NOT_PLAIN
        number: Any = value
        is_plain = math.isfinite(number) and abs(number) < _LARGE and self._fits_limits(number)
        return number if is_plain else _NOT_PLAIN

    @cached_property
    def _types(self) -> tuple[tuple[type, ...], tuple[str, ...]]:
        if get_origin(self.annotation) is Literal:
            return (str,), get_args(self.annotation)
        if isinstance(self.annotation, types.UnionType):
            return get_args(self.annotation), ()
        return (self.annotation,), ()

    def _fits_text(self, text: str, choices: tuple[str, ...]) -> bool:
        if choices:
            return text in choices
        return text.isascii() and len(text) >= self.limits.get("min_length", 0)

    def _fits_limits(self, value: float) -> bool:
        limits = self.limits
        return not (
            ("gt" in limits and not value > limits["gt"])
            or ("ge" in limits and not value >= limits["ge"])
            or ("lt" in limits and not value < limits["lt"])
            or ("le" in limits and not value <= limits["le"])
        )


def Field(  # noqa: N802
    *default: Any,
    alias: str | None = None,
    description: str | None = None,
    check: Callable[[str], object] | None = None,
    **limits: float,
) -> Any:
    """Return the declaration of a field, as `pydantic.Field` does.

    default: the default; a field without one is required. alias: name of the field in the values
    from which an object is built. check: see `FieldInfo`. limits: gt, ge, lt, le, min_length.
    """
    return FieldInfo(
        default[0] if default else None, is_optional=bool(default), alias=alias,
        description=description, check=check, limits=limits,
    )  # fmt: skip


class Checked:
    """An immutable object with validated fields, which are declared as in a pydantic model.

    A derived class inherits the fields, and may declare some of them again.
    """

    model_fields: ClassVar[Mapping[str, FieldInfo]] = {}
    """Name -> declaration of all fields."""

    def __init_subclass__(cls) -> None:
        fields = dict(cls.model_fields)
        for name, annotation in inspect.get_annotations(cls, eval_str=True).items():
            origin: Any = get_origin(annotation)
            if origin is ClassVar:
                continue
            declared = cls.__dict__.get(name, Field())
            field = declared if isinstance(declared, FieldInfo) else Field(declared)
            field.name, field.owner, field.annotation = name, cls, annotation
            fields[name] = field
            if name in cls.__dict__:
                delattr(cls, name)
        cls.model_fields = types.MappingProxyType(fields)

    def __init__(self, **values: Any) -> None:
        """Raise InvalidValuesError if a value is not valid."""
        vars(self).update(vars(self.model_validate(values)))

    @classmethod
    def complete(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return values with the defaults that depend on them; a class may override this."""
        return values

    def agree(self) -> None:
        """Raise ValueError if fields exclude each other; a class may override this."""

    @classmethod
    def model_validate(cls, values: Any) -> Self:
        """Return an object with these values; raises InvalidValuesError."""
        if isinstance(values, cls):
            return values
        instance = cls._plainly(values) if isinstance(values, Mapping) else None
        return instance or cls._of(_validated(cls, values))

    @classmethod
    def _plainly(cls, values: Mapping[str, Any]) -> Self | None:
        """Return an object if all values are plainly valid; None if pydantic has to decide."""
        rest, plain = dict(cls.complete(values)), {}
        for name, field in cls.model_fields.items():
            key = field.alias if field.alias in rest else name
            if key not in rest:
                plain[name] = field.default
                if field.is_required():
                    return None
                continue
            plain[name] = value = field.plain(rest.pop(key))
            if value is _NOT_PLAIN:
                return None
            try:
                field.checked(value)
            except ValueError:
                return None
        if rest:
            return None
        instance = cls._of(plain)
        try:
            instance.agree()
        except ValueError:
            return None
        return instance

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> Self:
        instance = cls.__new__(cls)
        vars(instance).update(values)
        return instance

    def model_dump(
        self, *, exclude_none: bool = False, include: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Return the values by name. include: names of the fields (None: all)."""
        names = self.model_fields if include is None else {*include}
        values = {name: getattr(self, name) for name in self.model_fields if name in names}
        return {name: v for name, v in values.items() if v is not None or not exclude_none}

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Return a copy with other values of some fields, which are not validated."""
        return self._of({**self.model_dump(), **(update or {})})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Checked) or type(self) is not type(other):
            return NotImplemented
        return self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash((type(self), *self.model_dump().values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.model_dump().items())
        return f"{type(self).__name__}({values})"


def _validated(checked: type[Checked], values: object) -> dict[str, Any]:
    """Return the values of all fields, validated by pydantic; raises InvalidValuesError."""
    from pydantic import ValidationError

    key: Any = checked  # a class is hashable, but mypy looks at its objects
    try:
        model = _model_of(key).model_validate(values)
    except ValidationError as error:
        raise InvalidValuesError([{**detail} for detail in error.errors()]) from None
    return {name: getattr(model, name) for name in checked.model_fields}


@cache
def _model_of(checked: Any) -> Any:
    """Return the pydantic model with the same fields and checks."""
    from typing import Annotated

    from pydantic import AfterValidator, ConfigDict, create_model, model_validator
    from pydantic import Field as PydanticField

    def complete(values: Any) -> Any:
        return checked.complete(values) if isinstance(values, Mapping) else values

    def agree(model: Any) -> Any:
        checked._of({name: getattr(model, name) for name in checked.model_fields}).agree()
        return model

    fields: dict[str, Any] = {}
    for name, field in checked.model_fields.items():
        default = ... if field.is_required() else field.default
        limits: dict[str, Any] = dict(field.limits)
        fields[name] = (
            Annotated[field.annotation, AfterValidator(field.checked)],
            PydanticField(default, alias=field.alias, **limits),
        )
    validators: dict[str, Any] = {
        "complete": model_validator(mode="before")(complete),
        "agree": model_validator(mode="after")(agree),
    }
    model: Any = create_model(
        checked.__name__,
        __config__=ConfigDict(extra="forbid", populate_by_name=True, allow_inf_nan=False),
        __validators__=validators,
        **fields,
    )
    return model
