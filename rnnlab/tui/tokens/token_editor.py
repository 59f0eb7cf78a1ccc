"""A walk through a text, letter by letter: where one stands, what was changed, and the way back.

Knows nothing of widgets: the token view draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rnnlab.protocol.messages import EOS


@dataclass(frozen=True)
class Walked:
    """A text and the place where one stands in it."""

    prompt: str = ""
    """As it is given to the model; read as it is."""
    prompt_tokens: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    """What comes after the prompt."""
    place: int = 0
    """Of all tokens, those of the prompt counted; one beyond the last is what comes next."""

    @property
    def all_tokens(self) -> tuple[str, ...]:
        """Prompt and what comes after it."""
        return (*self.prompt_tokens, *self.tokens)

    @property
    def text(self) -> str:
        """All that is read; the end of a sentence is no letter of it."""
        read = (token for token in self.tokens if token != EOS)
        return "".join((*self.prompt_tokens, *read))

    @property
    def chosen(self) -> str | None:
        """The token that stands at the place; None beyond the last."""
        return self.all_tokens[self.place] if self.place < len(self.all_tokens) else None


class TokenEditor:
    """The text that is looked through, and every text before it."""

    def __init__(self) -> None:
        self.now = Walked()
        self._before: list[Walked] = []
        self._is_behind_prompt = False
        """Whether to stand behind the prompt once its tokens are known."""

    def begin(self, prompt: str, tokens: Sequence[str], *, is_behind_prompt: bool = False) -> None:
        """Begin with another text, at its first letter or at the first behind the prompt."""
        self._before.clear()
        self._is_behind_prompt = is_behind_prompt
        self.now = Walked(prompt, (), tuple(tokens))

    def read(self, tokens: Sequence[str], num_prompt: int) -> None:
        """Take note of the tokens that the model has made of the text."""
        place = num_prompt if self._is_behind_prompt else min(self.now.place, len(tokens))
        self._is_behind_prompt = False
        self.now = replace(
            self.now,
            prompt_tokens=tuple(tokens[:num_prompt]),
            tokens=tuple(tokens[num_prompt:]),
            place=place,
        )

    def move(self, by: int) -> None:
        """Go so many places on or back."""
        self.go_to(self.now.place + by)

    def go_to(self, place: int) -> None:
        """Stand at a place, or at the nearest there is."""
        self.now = replace(self.now, place=max(0, min(place, len(self.now.all_tokens))))

    def take(self, token: str) -> bool:
        """Put a token where one stands and go on; tell whether the text is another one now.

        What stood there is the same token: nothing changes. Otherwise all that followed is gone.
        """
        now = self.now
        if now.chosen == token:
            self.move(1)
            return False
        self._before.append(now)
        num_prompt, place = len(now.prompt_tokens), now.place
        if place < num_prompt:
            head = now.prompt_tokens[:place]
            self.now = Walked("".join(head), head, (token,), place + 1)
        else:
            kept = now.tokens[: place - num_prompt]
            self.now = replace(now, tokens=(*kept, token), place=place + 1)
        return True

    def append(self, tokens: Sequence[str]) -> None:
        """Add what was written after the end; one stays where one stands."""
        self._before.append(self.now)
        self.now = replace(self.now, tokens=(*self.now.tokens, *tokens))

    def cut(self) -> None:
        """Drop all from where one stands on; beyond the last letter, that one."""
        now = self.now
        if now.all_tokens and now.chosen is None:
            self.go_to(now.place - 1)
            now = self.now
        if now.place < len(now.all_tokens):
            self._before.append(now)
            num_prompt = len(now.prompt_tokens)
            if now.place < num_prompt:
                head = now.prompt_tokens[: now.place]
                self.now = Walked("".join(head), head, (), now.place)
            else:
                self.now = replace(now, tokens=now.tokens[: now.place - num_prompt])

    def undo(self) -> bool:
        """Go back to the text before; tell whether there was one."""
        if not self._before:
            return False
        self.now = self._before.pop()
        return True
