from __future__ import annotations

import math
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rnnlab.base.display import (
    MISSING,
    count,
    duration,
    escaped,
    figure,
    loss,
    moment,
    named,
    size,
    sparkline,
    unescaped,
    visible,
)

any_number = st.none() | st.integers() | st.floats()


@given(st.text(alphabet=st.characters()))
@example("\x1b[31mred\x1b[0m\x07\r\x7f\x9b\u202e\u2066\ud800")
def test_visible_text_has_no_control_characters(text: str) -> None:
    shown = visible(text, newline="⏎")
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"}]
    assert len(shown) == len(text)


@given(st.text())
def test_only_line_ends_stay_as_they_are(text: str) -> None:
    assert visible(text).count("\n") == text.count("\n")
    assert set(visible(text)) - {"\n"} <= set(visible(text, newline="⏎"))


def test_control_characters_are_shown_as_pictures() -> None:
    assert visible("\x1b[1m\t[bold]\x7f\u00a0é") == "␛[1m␉[bold]␡ é"
    assert visible("a\nb", newline="⏎") == "a⏎b"


@given(st.text(alphabet="a\\n\n"))
def test_any_text_can_be_written_on_one_line(text: str) -> None:
    assert "\n" not in escaped(text)
    assert unescaped(escaped(text)) == text


def test_a_backslash_alone_needs_no_second_one() -> None:
    assert unescaped(r"a\tb\nc\\n") == "a\\tb\nc\\n"


@given(st.text(alphabet=st.characters()))
def test_printable_text_is_unchanged(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(any_number)
def test_every_number_can_be_shown(value: float | None) -> None:
    for shown in (count(value), duration(value)):
        assert shown
        assert "nan" not in shown
        assert "inf" not in shown


@given(st.none() | st.floats())
def test_every_loss_can_be_shown(value: float | None) -> None:
    is_missing = value is None or not math.isfinite(value)
    assert (loss(value) == MISSING) == is_missing


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (950, "950"), (999.4, "999"), (999.6, "1.0k"), (12_345, "12.3k"),
        (99_949, "99.9k"), (99_960, "100k"), (999_960, "1.0M"), (4_560_000, "4.6M"),
        (7e9, "7.0G"), (-12_345, "-12.3k"), (-150_000, "-150k"), (None, MISSING),
        (math.inf, MISSING),
    ],
)  # fmt: skip
def test_counts_have_about_three_digits(value: float | None, shown: str) -> None:
    assert count(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0s"), (0, "0s"), (42.4, "42s"), (59.6, "1m00s"), (185, "3m05s"), (3599.7, "1h00m"),
        (7800, "2h10m"), (86_399, "23h59m"), (356_400, "4d03h"), (None, MISSING),
        (math.nan, MISSING),
    ],
)  # fmt: skip
def test_durations_have_two_units(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("token", "shown"),
    [("é", "'é'"), ("\n", "'⏎' (U+000A)"), (" a\x1b", "' a␛' (U+001B)"), ("'", '"\'"')],
)
def test_an_unknown_character_can_be_seen_and_searched(token: str, shown: str) -> None:
    assert named(token) == shown


class TestSparkline:
    def test_the_lowest_value_is_the_lowest_block(self) -> None:
        assert sparkline([8.0, 1.0, 3.0], 10) == "█▁▃"

    def test_the_last_values_are_shown(self) -> None:
        assert sparkline([9.0, 1.0, 2.0], 2) == "▁█"

    def test_equal_values_are_a_flat_line(self) -> None:
        assert sparkline([2.0, 2.0], 5) == "▁▁"

    @given(st.lists(st.floats(-1e300, 1e300) | st.just(math.nan)), st.integers(0, 50))
    def test_any_values_make_a_row_that_fits(self, values: list[float], width: int) -> None:
        assert len(sparkline(values, width)) <= width


@pytest.mark.parametrize(
    ("num_bytes", "shown"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 KiB"), (12_345, "12.1 KiB"),
        (5 << 20, "5.0 MiB"), (3 << 30, "3.0 GiB"), (5000 << 30, "5000.0 GiB"),
    ],
)  # fmt: skip
def test_sizes_have_binary_units(num_bytes: int, shown: str) -> None:
    assert size(num_bytes) == shown


def test_a_moment_is_a_local_date_and_time() -> None:
    assert time.strptime(moment(1e9), "%Y-%m-%d %H:%M")[:5] == time.localtime(1e9)[:5]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.7, "2.700"),
        (999_999.0, "999999.000"),
        (1e6, "1.0e+06"),
        (-1.234e307, "-1.2e+307"),
        (math.inf, "inf"),
    ],
)
def test_a_figure_of_a_million_or_more_has_an_exponent(value: float, shown: str) -> None:
    assert figure(value, 3) == shown
    assert loss(1e6) == "1.0e+06"
