"""A pane of lines repaints only what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from textual.geometry import Region

from rnnlab.tui.tokens.lines_view import Line, LinesView, Part
from tests.toys.host import shown
from tests.toys.picture import strips


class Numbers(LinesView):
    """Shows a few texts, one per line."""

    def __init__(self) -> None:
        super().__init__(id="numbers")
        self.texts = ["one", "two", "three"]
        self.repainted: list[Region] = []

    def lines_to_show(self, width: int, height: int) -> Sequence[Line]:
        """Return the texts that fit."""
        return [(Part(text[:width], "bold"),) for text in self.texts][:height]

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Note what is repainted."""
        if hasattr(self, "repainted"):
            self.repainted += regions
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


async def test_only_lines_that_have_changed_are_repainted() -> None:
    numbers = Numbers()
    async with shown(numbers, size=(20, 5)) as (host, pilot):
        await pilot.pause()
        numbers.repainted.clear()
        numbers.texts[1] = "2"
        numbers.draw()
        assert [region.y for region in numbers.repainted] == [1]
        numbers.texts.pop()
        numbers.draw()
        assert [region.y for region in numbers.repainted] == [1, 2]
        await pilot.pause()
        assert [strip.text.rstrip() for strip in strips(host)][:3] == ["one", "2", ""]
        assert numbers.plain == "one\n2"
