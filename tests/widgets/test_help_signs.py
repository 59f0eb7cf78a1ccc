"""The help lists the signs, in the characters that the app shows."""

from __future__ import annotations

from rnnlab.tui.shell.dialogs.help import HelpScreen
from tests.toys.host import asked
from tests.toys.picture import lines


async def test_the_help_explains_the_signs_of_the_lab() -> None:
    async with asked(HelpScreen([]), size=(100, 30)) as (host, _):
        shown = "\n".join(lines(host))
        assert "✓ ■ ✗ ? !" in shown
        assert "finished, stopped, failed, lost" in shown
        assert "│ …" in shown
        assert "entropy of the next token" in " ".join(shown.split())
