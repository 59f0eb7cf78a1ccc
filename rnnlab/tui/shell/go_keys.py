"""The letters that open screens after `g`, listed at the bottom while the second key is awaited."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.app import RenderResult
from textual.events import Key
from textual.geometry import Size
from textual.widget import Widget

from rnnlab.tui.shell.screen_registry import entries

_GAP = "  "
_FIRST_ROW = "g"
"""The second key that goes to the first row."""


@dataclass(frozen=True, slots=True)
class GoTarget:
    """What the key after `g` asks for."""

    screen: str = ""
    """Name of the screen to open; empty for none."""
    is_first_row: bool = False
    problem: str = ""
    """Why the key has no meaning here; empty if it has one."""
    is_usual: bool = False
    """Whether the key keeps its usual effect, as a function key does."""


class GoKeys(Widget):
    """Lists the letters above the footer, and interprets the next key."""

    DEFAULT_CSS = """
    GoKeys {
        layer: go; dock: bottom; display: none; width: 100%; height: auto; padding: 0 1;
        background: $panel; color: $text;
    }
    """

    @property
    def is_waiting(self) -> bool:
        """Whether `g` was pressed and the second key is awaited."""
        return bool(self.display)

    def open(self) -> None:
        """Show the letters and wait for the second key."""
        self.display = True

    def close(self) -> None:
        """Stop waiting; setting what is set already would compute a layout."""
        if self.is_waiting:
            self.display = False

    def take(self, event: Key) -> GoTarget:
        """Return what the second key asks for, and stop waiting."""
        self.close()
        if event.key == "escape":
            return GoTarget()
        if event.key == _FIRST_ROW:
            return GoTarget(is_first_row=True)
        for entry in entries():
            if entry.go == event.key:
                return GoTarget(entry.name)
        if event.is_printable:
            letters = " ".join(entry.go for entry in entries())
            return GoTarget(
                problem=f"g expects one of {letters} for a screen, or g for the first row"
            )
        return GoTarget(is_usual=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines that the letters need at a width in columns."""
        return len(_lines(width))

    def render(self) -> RenderResult:
        """Return the letters with the names of their screens."""
        return Text("\n").join(_lines(self.content_size.width))


def _lines(width: int) -> list[Text]:
    """Return as few lines as hold all entries, each of them in one line."""
    pairs = [(entry.go, entry.title) for entry in entries()]
    pairs += [(_FIRST_ROW, "first row"), ("esc", "cancel")]
    lines = [Text(no_wrap=True)]
    for key, name in pairs:
        label = Text.assemble((key, "bold reverse"), f" {name}")
        if lines[-1] and len(lines[-1]) + len(_GAP) + len(label) > width:
            lines.append(Text(no_wrap=True))
        lines[-1].append(_GAP if lines[-1] else "").append_text(label)
    return lines
