"""What is chosen can be seen without colours."""

from __future__ import annotations

from pathlib import Path

from textual.widget import Widget
from textual.widgets import OptionList, Tree

from rnnlab.tui import app as lab
from tests.toys.host import Host
from tests.toys.picture import strips


class WithoutColors(Host):
    def __init__(self, *widgets: Widget) -> None:
        super().__init__(*widgets)
        self.css_path.append(Path(lab.__file__).with_name("no_color.tcss"))
        self.add_class("-no-color")


async def test_the_chosen_row_of_a_list_and_of_a_tree_stands_out() -> None:
    tree: Tree[None] = Tree("root")
    host = WithoutColors(OptionList("first", "second"), tree)
    async with host.run_test(size=(30, 12)) as pilot:
        await pilot.press("down")
        tree.focus()
        await pilot.pause()
        chosen = "".join(
            segment.text
            for strip in strips(host)
            for segment in strip
            if segment.style is not None and (segment.style.underline or segment.style.reverse)
        )
    assert "second" in chosen
    assert "root" in chosen
    assert "first" not in chosen
