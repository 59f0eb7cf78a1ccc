"""The distribution at one place: the model's figures next to those after the filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rnnlab.tui.tokens.distribution import DistributionPane, ShownRow
from tests.toys.host import shown
from tests.toys.reading_tokens import row

ROW = row(
    ("b", 0.6, 0.8, "kept"), ("[/]", 0.3, 0.2, "not taken"), (" ", 0.1, None, "dropped by ban")
)


def words(line: str) -> Sequence[str]:
    return [word for word in line.split() if "▇" not in word]


async def test_each_token_has_both_probabilities_and_the_filter_that_drops_it() -> None:
    pane = DistributionPane()
    async with shown(pane, size=(70, 12)) as (_, pilot):
        pane.show(ShownRow(ROW, is_filtered=True), "b")
        await pilot.pause()
        lines = pane.plain.splitlines()
        assert "entropy 1.44 bits, perplexity 2.7" in lines[0]
        assert "0.72 bits, perplexity 1.6, 2 tokens left" in lines[1]
        assert words(lines[3]) == ["▸b", "1", "60.00%", "80.00%"]
        assert words(lines[4]) == ["[/]", "2", "30.00%", "20.00%"]
        assert words(lines[5]) == ["␣", "3", "10.00%", "✗", "ban"]
        dropped = [part for part in pane.lines[5] if part.text.startswith("␣")]
        assert "strike" in str(dropped[0].style)


async def test_in_a_narrow_pane_no_word_of_the_entropies_is_cut() -> None:
    pane = DistributionPane()
    same = row(("b", 0.6, 0.6, "kept"), ("c", 0.4, 0.4, "kept"))
    same = replace(same, filtered_entropy_nats=same.entropy_nats)
    pane.styles.width = 46  # of which the border takes 4
    async with shown(pane) as (_, pilot):
        pane.show(ShownRow(same, is_filtered=True), "b")
        await pilot.pause()
        assert pane.plain.splitlines()[1] == "filtered  the same: no filter changes the…"
        pane.show(ShownRow(ROW, is_filtered=True), "b")
        assert pane.plain.splitlines()[1] == "filtered  0.72 bits, perplexity 1.6"


async def test_the_cursor_stays_on_its_token_while_the_figures_change() -> None:
    pane = DistributionPane()
    async with shown(pane, size=(70, 12)) as (_, pilot):
        pane.show(ShownRow(ROW, is_filtered=True), "b")
        pane.move(1)
        assert pane.under_cursor == "[/]"
        other = row(("[/]", 0.9, 0.9, "kept"), ("b", 0.1, 0.1, "not taken"))
        pane.show(ShownRow(other, is_filtered=True), "b", keep=pane.under_cursor)
        await pilot.pause()
        assert (pane.under_cursor, pane.cursor) == ("[/]", 0)
        pane.show(ShownRow(other, is_filtered=True), "b")
        assert pane.under_cursor == "b"
        pane.move(-9)
        pane.move(99)
        assert pane.cursor == 1


async def test_figures_of_older_weights_name_their_step() -> None:
    pane = DistributionPane()
    async with shown(pane, size=(70, 12)) as (_, pilot):
        pane.show(ShownRow(ROW, is_filtered=True, stale_step=40), "b")
        await pilot.pause()
        assert "step 40" in pane.plain.splitlines()[0]
        assert all(part.style == "dim" for part in pane.lines[0])


async def test_without_the_filters_or_without_a_distribution_the_pane_says_so() -> None:
    pane = DistributionPane()
    async with shown(pane, size=(70, 12)) as (_, pilot):
        pane.show(ShownRow(ROW, is_filtered=False), "b")
        await pilot.pause()
        assert "80.00%" not in pane.plain
        assert pane.plain.splitlines()[1] == "filtered  …"
        nothing = row(("b", 0.6, None, "dropped by ban"), ("c", 0.4, None, "dropped by ban"))
        pane.show(ShownRow(nothing, is_filtered=True), "b")
        assert "drop every token" in pane.plain
        pane.show(None, None, "computing…")
        assert (pane.plain, pane.under_cursor) == ("computing…", None)
