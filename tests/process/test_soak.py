"""The checks of `make soak` in small: `python -m tests.soak` causes more faults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.soak import full_disk, kills, races, read_only
from tests.soak.checks import NAMES, load
from tests.soak.flat import growth
from tests.soak.rows import MOST_FALSE_S, Check, Row, silent, table

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]


def assert_kept(row: Row) -> None:
    """Check all that a busy machine cannot delay."""
    assert row.problems == []
    assert row.lost == 0
    assert row.survived == row.faults > 0


def test_killed_workers_lose_nothing() -> None:
    assert_kept(kills.check(3, 4, silent))


def test_a_full_disk_ends_a_run_with_a_reason_and_loses_nothing() -> None:
    assert_kept(full_disk.check(1, 1, silent, steps=100))


def test_a_read_only_folder_loses_nothing() -> None:
    row = read_only.check(1, 1, silent, steps=100)
    if row.note.startswith("skipped"):
        pytest.skip(row.note)
    assert_kept(row)


def test_racing_commands_never_give_a_run_two_workers() -> None:
    assert_kept(races.check(3, 1, silent, steps=100))


def test_a_row_is_good_if_nothing_is_lost_and_no_status_was_false_for_long() -> None:
    assert Row("x", faults=3, survived=3, lost=0, false_s=MOST_FALSE_S).is_good
    assert not Row("x", faults=3, survived=2).is_good
    assert not Row("x", lost=1).is_good
    assert not Row("x", false_s=MOST_FALSE_S + 0.1).is_good
    assert not Row("x", problems=["a traceback"]).is_good


def test_the_growth_of_a_leak_is_found_in_noise() -> None:
    noise = [(7 * n) % 5 for n in range(100)]
    assert abs(growth([100 + n for n in noise])) < 3
    assert growth([100 + n + 0.5 * i for i, n in enumerate(noise)]) > 30
    assert growth([]) == 0.0


def test_the_documented_table_has_a_row_for_each_check() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    head = table({}).splitlines()[0]
    rows = page.partition(head)[2].partition("\n\n")[0]
    assert re.findall(r"^\| (\w+): ", rows, re.MULTILINE) == list(NAMES)
    assert all(isinstance(load(name), Check) for name in NAMES)
