"""Text fields, to which the keys of characters belong."""

from __future__ import annotations

from textual.widget import Widget


def is_text_field(widget: Widget | None) -> bool:
    """Return True for a field of one line or of several."""
    # Textual's text area is a slow import, which the first frame does not need.
    from textual.widgets import Input, TextArea

    return isinstance(widget, Input | TextArea)
