"""The views of the inspect screen, in their order, and the fields that they use."""

from __future__ import annotations

from rnnlab.base import registry

VANISHING = "vanishing"
"""Name of the view of several runs, and of the recipe that trains these runs."""
_ORDER = ("gradients", "time", "gates", "neurons", "spectrum", "memory", "difference")


def view_names() -> tuple[str, ...]:
    """Return the views in the order of their keys: `_ORDER`, all others, VANISHING."""
    names = registry.names("insight")
    first = [name for name in _ORDER if name in names]
    return (*dict.fromkeys([*first, *names]), VANISHING)


FIELDS = (("text", "validation split"), ("unit", "best"), ("property", "capital"))
"""Each field and its placeholder."""
_USED_BY = {"unit": ("neurons", "gates"), "property": ("neurons",)}


def uses(view: str, field: str) -> bool:
    """Return whether a view uses a field."""
    return view in _USED_BY.get(field, view_names()[:-1])
