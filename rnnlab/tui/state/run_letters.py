"""The letter of each run: the same in the list, in every chart and at every answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from string import ascii_lowercase


def assign_letters(letters: dict[str, str], listed: Iterable[str]) -> None:
    """Give each listed run without a letter the first free one; free those of other runs.

    letters: letter by name, changed in place. After 26 runs, further ones have no letter.
    """
    listed = list(listed)
    existing = set(listed)
    for name in [name for name in letters if name not in existing]:
        del letters[name]
    free = (letter for letter in ascii_lowercase if letter not in set(letters.values()))
    for name in listed:
        if name not in letters and (letter := next(free, "")):
            letters[name] = letter


def lend_letters(letters: dict[str, str], shown: Collection[str]) -> None:
    """Make sure that runs shown together have letters: those without take one from another run.

    letters: letter by name, changed in place; its order is that of use, the least recent run
    first, from which a letter is taken.
    """
    for name in shown:
        if name in letters:
            letters[name] = letters.pop(name)  # move to the end: used most recently
    for name in shown:
        lender = next((other for other in letters if other not in shown), None)
        if name not in letters and lender is not None:
            letters[name] = letters.pop(lender)
