"""A list of options that may be too small to show any."""

from __future__ import annotations

from textual.widgets import OptionList


class OptionRows(OptionList):
    """An option list whose page keys do nothing while it has no room: Textual's would fail."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the page keys before the first layout, and on a screen that is too low."""
        if action in ("page_up", "page_down") and not self.scrollable_content_region:
            return False
        return super().check_action(action, parameters)
