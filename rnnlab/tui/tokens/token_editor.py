"""Edits a text token by token: the cursor, the changes, and undo. Independent of the widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rnnlab.protocol.messages import EOS


@dataclass(frozen=True)
class EditedText:
    """A text and the place of the cursor."""

    prompt: str = ""
    """The beginning of the text, which the model reads; the filters do not apply to it."""
    prompt_tokens: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    """The tokens after the prompt."""
    place: int = 0
    """Index of the cursor in `all_tokens`; `len(all_tokens)` for the place after the text."""

    @property
    def all_tokens(self) -> tuple[str, ...]:
        """The tokens of the prompt, followed by `tokens`."""
        return (*self.prompt_tokens, *self.tokens)

    @property
    def text(self) -> str:
        """The whole text, without EOS."""
        read = (token for token in self.tokens if token != EOS)
        return "".join((*self.prompt_tokens, *read))

    @property
    def chosen(self) -> str | None:
        """The token at the cursor; None after the last one."""
        return self.all_tokens[self.place] if self.place < len(self.all_tokens) else None


class TokenEditor:
    """The current text and the earlier ones, for undo."""

    def __init__(self) -> None:
        self.now = EditedText()
        self._before: list[EditedText] = []
        self._is_behind_prompt = False
        """True until the prompt's tokens are known, if the cursor then moves behind the prompt."""

    def begin(self, prompt: str, tokens: Sequence[str], *, is_behind_prompt: bool = False) -> None:
        """Begin with another text; the cursor is at its first token or right behind the prompt."""
        self._before.clear()
        self._is_behind_prompt = is_behind_prompt
        self.now = EditedText(prompt, (), tuple(tokens))

    def read(self, tokens: Sequence[str], num_prompt: int) -> None:
        """Set the tokens into which the model has split the text."""
        place = num_prompt if self._is_behind_prompt else min(self.now.place, len(tokens))
        self._is_behind_prompt = False
        self.now = replace(
            self.now,
            prompt_tokens=tuple(tokens[:num_prompt]),
            tokens=tuple(tokens[num_prompt:]),
            place=place,
        )

    def move(self, by: int) -> None:
        """Move the cursor by `by` places."""
        self.go_to(self.now.place + by)

    def go_to(self, place: int) -> None:
        """Move the cursor to a place, or to the nearest one in the text."""
        self.now = replace(self.now, place=max(0, min(place, len(self.now.all_tokens))))

    def put(self, token: str) -> bool:
        """Put a token at the cursor and move on; return True if the text has changed.

        A different token drops all tokens after it.
        """
        now = self.now
        if now.chosen == token:
            self.move(1)
            return False
        self._before.append(now)
        num_prompt, place = len(now.prompt_tokens), now.place
        if place < num_prompt:
            head = now.prompt_tokens[:place]
            self.now = EditedText("".join(head), head, (token,), place + 1)
        else:
            before = now.tokens[: place - num_prompt]
            self.now = replace(now, tokens=(*before, token), place=place + 1)
        return True

    def append(self, tokens: Sequence[str]) -> None:
        """Add tokens after the end; the cursor stays."""
        self._before.append(self.now)
        self.now = replace(self.now, tokens=(*self.now.tokens, *tokens))

    def cut(self) -> None:
        """Drop all tokens from the cursor on; if the cursor is at the end, drop the last token."""
        now = self.now
        if now.all_tokens and now.chosen is None:
            self.go_to(now.place - 1)
            now = self.now
        if now.place < len(now.all_tokens):
            self._before.append(now)
            num_prompt = len(now.prompt_tokens)
            if now.place < num_prompt:
                head = now.prompt_tokens[: now.place]
                self.now = EditedText("".join(head), head, (), now.place)
            else:
                self.now = replace(now, tokens=now.tokens[: now.place - num_prompt])

    def undo(self) -> bool:
        """Go back to the previous text; return False if there is none."""
        if not self._before:
            return False
        self.now = self._before.pop()
        return True
