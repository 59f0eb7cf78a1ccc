"""Work of a screen of which only the newest request counts, as readings and previews."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.worker import WorkType


def run_latest(node: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    """Run `work` for a node and cancel the earlier work of this name.

    The work has a group of its own: in the default group it would cancel the screen's actions. It
    is a function, not its coroutine: a coroutine that is cancelled before it starts is never
    awaited, and Python warns of it.
    """
    # Textual's own annotation does not allow for the futures that a coroutine yields.
    node.run_worker(cast("WorkType[None]", work), name=name, group=name, exclusive=True)
