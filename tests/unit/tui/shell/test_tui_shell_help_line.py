from __future__ import annotations

import pytest

from rnnlab.base import registry
from rnnlab.decoding import options_of
from rnnlab.settings.groups import field_kind, groups
from rnnlab.tui.shell.help_line import HelpLine, shortened
from tests.toys.host import shown
from tests.toys.picture import lines

HELP = "Number of sequences in a batch (default for documents: 64)."


@pytest.mark.parametrize(
    ("width", "visible"),
    [
        (80, HELP),
        (40, "Number of sequences in a batch"),
        (58, "Number of sequences in a batch (default for documents: 64)"),
        (20, "Number of sequences…"),
        (9, "Number…"),
        (3, ""),
    ],
)
def test_help_without_room_ends_at_a_clause_or_at_a_word(width: int, visible: str) -> None:
    assert shortened(HELP, width) == visible


@pytest.mark.parametrize("width", [16, 24, 34, 42])
def test_no_help_of_a_setting_or_an_option_ends_within_a_word(width: int) -> None:
    names = [name for group in groups().values() for name in group]
    helps = [field_kind(name, {}).help for name in names]
    helps += [option.help for name in registry.names("decoding") for option in options_of(name)]
    for text in helps:
        short = shortened(text, width)
        assert len(short) <= width
        rest = text.removeprefix(short.removesuffix("…"))
        assert rest != text, text
        assert short.endswith("…") or short.count("(") == short.count(")")
        assert not (rest[:1].isalnum() and short[-1].isalnum()), (text, short)


async def test_a_line_of_help_follows_its_width() -> None:
    async with shown(HelpLine(HELP), size=(80, 3)) as (host, pilot):
        assert lines(host)[0].strip() == HELP
        await pilot.resize_terminal(40, 3)
        await pilot.pause()
        assert lines(host)[0].strip() == "Number of sequences in a batch"
