"""The common beginning of several answers, and what is left of each answer after it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from rich.cells import cell_len

from rnnlab.protocol.messages import Answer
from rnnlab.tui.prompting.token_text import Letter, letters_of

_CONTEXT = 10, 24
"""Minimum and maximum number of characters shown before the token at which a candidate differs, if
the row is too narrow for the text up to there: as many as make whole words."""
_LONG_WORD = 20
"""Number of characters after which a word may be divided."""
_ELIDED = Letter("…", None, "dim")
_AS_BEST = Letter("…as #1…", None, "dim")
"""What replaces the text that a candidate has in common with the best one."""


def num_prompt(answer: Answer) -> int:
    """Return the number of characters of the prompt in the text of an answer."""
    return len(answer.text) - len(answer.continuation)


def common_beginning(answers: Sequence[Answer]) -> int:
    """Return with how many characters all texts begin alike; no token is divided.

    Only the prompt counts if there is one text, or if all texts are the same.
    """
    if not answers:
        return 0
    first = answers[0]
    prompt = num_prompt(first)
    if all(answer.text == first.text for answer in answers):
        return prompt
    # Compare the prompts as a whole: they may have a million characters.
    is_same = all(answer.text.startswith(first.text[:prompt]) for answer in answers)
    start = prompt if is_same else 0
    common = start + _num_alike([answer.text[start:] for answer in answers])
    common = _end_of_word(first.text, prompt, common)
    while (shorter := min(_last_end(answer, common) for answer in answers)) < common:
        common = shorter
    return common


def _end_of_word(text: str, prompt: int, common: int) -> int:
    """Return the end of the last whole word before `common`, but no place inside the prompt."""
    if common <= prompt:
        return common
    blank = text.rfind(" ", max(prompt, common - _LONG_WORD), common)
    if blank >= 0:
        return blank + 1
    return prompt if common - prompt <= _LONG_WORD else common


def _num_alike(texts: Sequence[str]) -> int:
    """Return with how many characters all texts begin alike."""
    first, last = min(texts), max(texts)  # in the order of the alphabet, the most different ones
    unlike = (place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return next(unlike, min(len(first), len(last)))


def _last_end(answer: Answer, most: int) -> int:
    """Return the last place of a text, `most` at most, that is not inside a token."""
    begin = num_prompt(answer)
    if most <= begin:
        return most
    ends = accumulate(map(len, answer.tokens), initial=begin)
    return max(end for end in ends if end <= most)


def num_skipped(answer: Answer, start: int) -> int:
    """Return the number of tokens that lie wholly before the character `start`."""
    ends = accumulate(map(len, answer.tokens), initial=num_prompt(answer))
    return max(0, sum(end <= start for end in ends) - 1)


def rest_of(
    answer: Answer, start: int, width: int = 0, *, is_compact: bool
) -> tuple[list[Letter], int]:
    """Return an answer from the character `start` on, and the number of tokens left out.

    What a candidate has in common with its decoder's best answer is dim. If the token at which it
    differs would not be on the first of lines of `width` columns, a note replaces the common text
    up to the last few characters; width: 0 for lines without end. is_compact: do not break the line
    after a newline.
    """
    skipped, parts_at, before = num_skipped(answer, start), answer.parts_at, _ELIDED
    prompt = answer.text[start : num_prompt(answer)]
    if parts_at is not None:
        context = _context_of(answer.tokens[:parts_at])
        common = slice(skipped, parts_at + 1)
        alike = letters_of(prompt, answer.tokens[common], answer.token_logprobs[common])
        if context > skipped and sum(cell_len(one.text) for one in [before, *alike]) > width > 0:
            skipped, prompt, before = context, "", _AS_BEST
        parts_at -= skipped
    tokens, logprobs = answer.tokens[skipped:], answer.token_logprobs[skipped:]
    letters = letters_of(prompt, tokens, logprobs, parts_at)
    num_dim = len(prompt) + max(0, parts_at or 0)
    letters = [
        letter._replace(
            style=letter.style if place >= num_dim else "dim",
            is_break=letter.is_break and not is_compact,
        )
        for place, letter in enumerate(letters)
    ]
    return ([before, *letters] if start or skipped else letters), skipped


def _context_of(tokens: Sequence[str]) -> int:
    """Return the index of the first token to show before a place, given the tokens before it."""
    least, most = _CONTEXT
    num_shown = 0
    for place in range(len(tokens) - 1, -1, -1):
        num_shown += len(tokens[place])
        if num_shown >= most or (num_shown >= least and tokens[place - 1 : place] == [" "]):
            return place
    return 0


def tail(text: str, width: int) -> str:
    """Return the end of a text that fits into `width` columns, with … for what is left out."""
    end = text[-max(1, width) :]
    if len(end) == len(text) and cell_len(text) <= width:
        return text
    while end and cell_len(end) >= width:
        end = end[1:]
    return f"…{end}"
