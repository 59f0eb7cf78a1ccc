"""What stands below or beside the form of a new run, in a bare host."""

from __future__ import annotations

from pathlib import Path

from rnnlab.runs.store import RunStore
from rnnlab.settings.groups import OWN_HELP, Choice, field_kind, groups
from rnnlab.settings.run_config import RunConfig
from rnnlab.tui.new_run.model import read_draft
from rnnlab.tui.new_run.summary_pane import DraftPane
from tests.toys.app_lab import painted
from tests.toys.host import shown


def no_choices() -> list[Choice]:
    return []


async def test_every_help_is_whole_at_80_columns(tmp_path: Path) -> None:
    helps = {name: str(field.description) for name, field in RunConfig.model_fields.items()}
    helps |= OWN_HELP
    names = [name for group in groups().values() for name in group]
    assert set(names) == set(helps)
    pane, draft = DraftPane(), read_draft({}, RunStore(tmp_path), None)
    lists = dict.fromkeys(("corpus", "recipe", "init_from"), no_choices)
    async with shown(pane, size=(80, 24)) as (host, pilot):
        for name in names:
            pane.explain(field_kind(name, lists), draft)
            await pilot.pause()
            assert " ".join(helps[name].split()) in painted(host, "about"), name


async def test_a_strange_value_is_asked_about_at_every_start() -> None:
    pane = DraftPane()
    async with shown(pane) as (host, pilot):
        answers = [pane.asks_about("lr = 1000", "^r") for _ in range(3)]
        assert answers == [True, False, True]
        await pilot.pause()
        assert "lr = 1000; press ^r again if you mean it" in painted(host, "about")
        assert not pane.asks_about("", "^r")
        assert pane.asks_about("lr = 1000", "^r"), "it was sound in between"
        assert pane.asks_about("batch = 9", "^r")
