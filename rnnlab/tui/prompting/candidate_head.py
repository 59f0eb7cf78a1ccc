"""The head of a candidate: its decoder, its figures, and how it compares with the best."""

from __future__ import annotations

import re

from rnnlab.protocol.messages import END_WORDS, Answer


def broken(title: str, width: int) -> str:
    """Wrap a title between words, and a spec that is too long between its options."""
    lines = [""]
    for word in re.findall(r"[^ ]* *", title):
        is_long = len(word.rstrip()) > width > 0
        for part in re.findall(r"[^,:]*[,:]*", word) if is_long else [word]:
            if lines[-1] and len(lines[-1] + part.rstrip()) > width > 0:
                lines.append("")
            lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def figures(answer: Answer, width: int) -> str:
    """Return the sum and the mean of the tokens' log-probs, in nats; on two lines if narrow."""
    mean = answer.logprob / max(1, len(answer.tokens))
    both = f"Σ {answer.logprob:.1f}", f"ø {mean:.2f}"
    return ("\n" if len(" ".join(both)) > width > 0 else " ").join(both)


def row_figures(answer: Answer, *, has_story: bool) -> str:
    """Return the figures of a candidate on one line; has_story: with the line of `story`."""
    line = figures(answer, 0)
    return f"{line}  {story(answer)}" if has_story else line


def story(answer: Answer) -> str:
    """Return where a candidate differs from the best one, its score, and why it ended."""
    parts = "best" if answer.rank == 1 else "same as #1"
    if answer.parts_at is not None:
        parts = f"differs from #1 at {answer.parts_at + 1}"
    if abs(answer.score - answer.logprob) > 0.005:
        parts += f", score {answer.score:.2f}"
    return f"{parts}, {END_WORDS[answer.end]}" if answer.end in END_WORDS else parts
