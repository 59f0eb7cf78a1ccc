"""Fixtures: those of the model tests."""

from __future__ import annotations

from tests.unit.models.conftest import make_loaded

__all__ = ["make_loaded"]
