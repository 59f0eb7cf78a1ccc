"""A row of the new-run form."""

from __future__ import annotations

import pytest

from rnnlab.settings.groups import field_kind
from rnnlab.tui.new_run.setting_field import SettingField
from tests.toys.app_lab import until
from tests.toys.host import shown
from tests.toys.picture import lines


@pytest.mark.parametrize("width", [77, 118])
async def test_the_value_leaves_room_for_the_help_and_grows_with_its_text(width: int) -> None:
    row = SettingField(field_kind("hidden", {}))
    async with shown(row, size=(width, 3)) as (host, pilot):
        await until(pilot, lambda: row.kind.help in lines(host)[0])
        row.write("a/long/path/of/a/corpus.txt")
        row.fit()
        await until(pilot, lambda: "corpus.txt" in lines(host)[0])
