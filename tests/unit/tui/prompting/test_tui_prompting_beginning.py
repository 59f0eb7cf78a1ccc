"""The common beginning of several answers, and what is left of each of them."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.protocol.messages import Answer
from rnnlab.tui.prompting.beginning import common_beginning, num_skipped, rest_of, tail


def answer(prompt: str, tokens: Sequence[str], parts_at: int | None = None) -> Answer:
    text = "".join(tokens)
    return Answer(
        "beam", ["beam"], 1 if parts_at is None else 2, prompt + text, text, False, -1.0, -1.0,
        list(tokens), [-0.1] * len(tokens), prompt, parts_at=parts_at,
    )  # fmt: skip


def beginning(*answers: Answer) -> str:
    return answers[0].text[: common_beginning(answers)]


def shown(one: Answer, start: int, width: int = 0, *, is_compact: bool = True) -> str:
    letters, _ = rest_of(one, start, width, is_compact=is_compact)
    return "".join(letter.text + "\n" * letter.is_break for letter in letters)


def test_the_beginning_ends_with_a_whole_word_that_all_texts_share() -> None:
    texts = [answer("Once ", f"upon a time the {end}") for end in ("moon", "mayor", "museum")]
    assert beginning(*texts) == "Once upon a time the "


def test_one_text_or_equal_texts_begin_with_their_prompt() -> None:
    one = answer("Once ", "upon a time")
    assert beginning(one) == "Once "
    assert beginning(one, one) == "Once "
    assert common_beginning([]) == 0


def test_different_prompts_are_shared_as_far_as_they_are_alike() -> None:
    assert beginning(answer("Once ", "a"), answer("Onyx ", "a")) == "On"


def test_no_token_is_divided() -> None:
    words = answer("", ["the ", "mayor's ", "hat"])
    letters = answer("", "the mayor")
    assert beginning(words, letters) == "the "


def test_every_row_goes_on_after_the_beginning_and_a_narrow_one_says_what_is_left_out() -> None:
    best = answer("Once ", "upon a time the mayor told a story")
    other = answer(
        "Once ", "upon a time the mayor told a lie", len("upon a time the mayor told a ")
    )
    assert shown(best, len("Once ")) == "…upon a time the mayor told a story"
    whole = "…upon a time the mayor told a lie"
    assert shown(other, len("Once ")) == whole
    assert shown(other, len("Once "), len(whole) - len("ie")) == whole
    narrow = len(whole) - len("lie")
    assert shown(other, len("Once "), narrow) == "…as #1…mayor told a lie"
    letters, skipped = rest_of(other, len("Once "), narrow, is_compact=True)
    assert letters[0].style == "dim" == letters[1].style
    [unlike] = [place for place, one in enumerate(letters) if one.style == "reverse"]
    assert letters[unlike].text == "l"
    assert other.tokens[skipped : skipped + 5] == list("mayor")


def test_a_prompt_that_is_not_shared_is_shown_before_its_continuation() -> None:
    assert shown(answer("Onyx ", "a"), 2) == "…yx a"
    assert shown(answer("Once ", "a"), 0) == "Once a"


def test_newlines_break_the_line_only_if_there_is_room() -> None:
    poem = answer("", "one\ntwo")
    assert shown(poem, 0) == "one⏎two"
    assert shown(poem, 0, is_compact=False) == "one⏎\ntwo"


def test_tokens_before_the_beginning_are_counted() -> None:
    words = answer("Once ", ["upon ", "a ", "time"])
    assert [num_skipped(words, start) for start in (0, 5, 9, 10, 12)] == [0, 0, 0, 1, 2]


def test_the_end_of_a_long_beginning_is_shown() -> None:
    assert tail("Once upon", 9) == "Once upon"
    assert tail("Once upon", 5) == "…upon"
    assert tail("漢字漢字", 6) == "…漢字"
