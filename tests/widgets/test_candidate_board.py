"""The board of the candidates: columns, or rows with pages if columns would be too narrow."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from rich.text import Text
from textual.containers import Vertical
from textual.widgets import Static

from rnnlab.decoding import parse_spec
from rnnlab.protocol.messages import DEFAULT_DECODERS, Answer
from rnnlab.tui.prompting.board import READABLE, CandidateBoard
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.prompting.rows_head import RowsHead
from tests.toys.app_lab import until
from tests.toys.host import shown
from tests.toys.picture import lines

SPECS = [parse_spec(text) for text in DEFAULT_DECODERS]
NUM = 7
"""Candidates of the default decoders."""
PROMPT = "The mayor "
CHEAP = "told me to bring the museum of cheap "
TEXTS = (
    ["told me to paint a [b]bell"],
    ["told me to hide"],
    [CHEAP + what for what in ("cakes", "sheds", "roads", "bells", "roofs")],
)
BEGINNING = "The mayor │told me to"
"""With the mark at the end of the prompt."""


def answers(decoder: int, texts: Sequence[str]) -> list[Answer]:
    best = texts[0]
    ranked = []
    for rank, text in enumerate(texts, 1):
        unlike = next((i for i, (a, b) in enumerate(zip(best, text, strict=False)) if a != b), None)
        ranked.append(
            Answer(
                DEFAULT_DECODERS[decoder], ["greedy"], rank, PROMPT + text, text, False,
                -float(rank), -float(rank), list(text), [-0.1] * len(text), PROMPT,
                parts_at=unlike,
            )
        )  # fmt: skip
    return ranked


async def fill(board: CandidateBoard) -> None:
    await board.begin(SPECS)
    for decoder, texts in enumerate(TEXTS):
        board.grow(decoder, answers(decoder, texts), is_last=True)


def page(board: CandidateBoard) -> str:
    return str(board.query_one("#page", Static).content)


@pytest.mark.parametrize(
    ("width", "is_in_rows"), [(80, True), (120, True), (NUM * READABLE, False)]
)
async def test_candidates_are_columns_only_if_each_can_be_read(
    width: int, is_in_rows: bool
) -> None:
    board = CandidateBoard()
    async with shown(board, size=(width, 40)) as (host, pilot):
        await fill(board)
        await until(pilot, lambda: board.query(Candidate).last().region.width)
        await pilot.pause()
        regions = [one.region for one in board.query(Candidate)]
        assert len(regions) == NUM
        assert min(region.width for region in regions) >= READABLE
        assert len({region.y for region in regions}) == (NUM if is_in_rows else 1)
        text = "\n".join(lines(host))
        assert text.replace("│", "").count(BEGINNING.replace("│", "")) == (1 if is_in_rows else NUM)
        for what in ("…paint a [b]bell", "…hide", "museum of cheap cakes"):
            assert what in text or not is_in_rows
        await pilot.resize_terminal(NUM * READABLE - 1 if not is_in_rows else 300, 40)
        await until(pilot, lambda: board.has_class("-rows") is not is_in_rows)


async def test_a_row_has_one_line_of_figures_and_shows_where_it_differs() -> None:
    board = CandidateBoard()
    async with shown(board, size=(60, 30)) as (host, pilot):
        await fill(board)
        await until(pilot, lambda: "cheap roofs" in "\n".join(lines(host)))
        text = [line.strip("▌ ") for line in lines(host)]
        place = text.index("beam:k=5 #2  Σ -2.0 ø -0.05")
        assert text[place + 1] == "…bring the museum of cheap sheds"
        assert text[place - 1].endswith("…bring the museum of cheap cakes")
        assert page(board) == "", "all fit"


async def test_pages_show_every_candidate_and_name_those_that_are_visible() -> None:
    board = CandidateBoard()
    async with shown(Vertical(board), size=(80, 6)) as (host, pilot):
        await fill(board)
        await until(pilot, lambda: page(board) == f"1-2 of {NUM}  PgUp PgDn")
        assert board.has_pages
        assert not lines(host)[-1].strip("▌ "), "a head without its text"
        pages = [page(board)]
        while True:
            board.turn_page(1)
            await pilot.pause()
            if page(board) == pages[-1]:
                break
            pages.append(page(board))
            assert not lines(host)[-1].strip("▌ "), "a head without its text"
        assert [one.partition(" of")[0] for one in pages] == ["1-2", "3-4", "5-6", "7"]
        assert BEGINNING in lines(host)[0], "it stays above every page"
        for _ in pages:
            board.turn_page(-1)
            await pilot.pause()
        assert page(board) == pages[0]


async def test_the_focus_goes_along_with_the_pages_and_the_arrows() -> None:
    board = CandidateBoard()
    async with shown(Vertical(board), size=(80, 6)) as (host, pilot):
        await fill(board)
        await until(pilot, lambda: board.has_pages)
        candidates = list(board.query(Candidate))
        candidates[0].focus()
        await pilot.press("down")
        assert host.focused is candidates[1]
        board.turn_page(1)
        await until(pilot, lambda: host.focused is candidates[2])
        await pilot.press("down", "down")
        await until(pilot, lambda: board.visible_ones() == range(3, 5))
        await pilot.press("up")
        assert host.focused is candidates[3]


async def test_the_log_probs_of_a_row_add_up_from_its_first_line_on() -> None:
    board = CandidateBoard()
    async with shown(board, size=(100, 60)) as (_host, pilot):
        await fill(board)
        board.set_look("letters")
        await until(pilot, lambda: board.query(Candidate).last().region.height > 1)
        answer = board.all_answers()[0]
        text = str(board.query(Candidate).first().query(Static).last().content)
        figures = [part.split() for part in re.findall(r"-\d+\.\d\d +-\d+\.\d", text)]
        logprobs = [float(logprob) for logprob, _ in figures]
        assert len(logprobs) < len(answer.tokens), "the beginning has one line"
        assert sum(logprobs) == pytest.approx(sum(answer.token_logprobs), abs=0.01)
        assert text.startswith("… ")


async def test_the_end_of_the_prompt_is_marked_in_the_common_beginning() -> None:
    head = RowsHead()
    async with shown(head):
        for num_prompt, width, expected in (
            (9, 80, "The mayor│ is"), (12, 80, "The mayor is"), (9, 26, "… is"),
        ):  # fmt: skip
            head.show_beginning("The mayor is old", 12, width, num_prompt)
            assert str(head.query_one("#beginning", Static).content) == expected


@pytest.mark.parametrize("has_color", [True, False])
async def test_the_end_of_the_prompt_is_marked_in_columns_without_colour(has_color: bool) -> None:
    board = CandidateBoard()
    async with shown(board, size=(100, 20)) as (host, pilot):
        host.no_color = not has_color
        await board.begin([parse_spec("greedy")])
        board.grow(0, answers(0, ["old"]), is_last=True)
        await until(pilot, board.all_answers)
        body = str(board.query(Candidate).first().query(Static).last().content)
        assert ("│" in body) is not has_color
        assert body.replace("│", "") == board.all_answers()[0].text


@pytest.mark.parametrize("look", ["shade", "marks", "letters"])
async def test_every_look_of_a_row_begins_after_the_common_beginning(look: str) -> None:
    board = CandidateBoard()
    async with shown(board, size=(100, 60)) as (_host, pilot):
        await fill(board)
        board.set_look(look)  # type: ignore[arg-type]
        await until(pilot, lambda: board.query(Candidate).last().region.height > 1)
        await pilot.pause()
        first = str(board.query(Candidate).first().query(Static).last().content)
        assert first.startswith("… " if look == "letters" else "…paint")
        assert "told" not in first
        assert max(map(len, first.splitlines())) <= 100


async def test_the_common_beginning_is_muted_once_so_that_it_can_be_read() -> None:
    board = CandidateBoard()
    async with shown(board, size=(100, 60)) as (_host, pilot):
        await fill(board)
        await until(pilot, lambda: BEGINNING in str(board.query_one("#beginning", Static).content))
        beginning, number = (board.query_one(name, Static) for name in ("#beginning", "#page"))
        assert isinstance(beginning.content, Text)
        assert not beginning.content.spans
        assert not beginning.content.style, "the muted colour of the line and nothing else"
        assert beginning.styles.color == number.styles.color
