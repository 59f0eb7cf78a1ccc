"""Values of a spec that are text: quoted, with escapes, several of them parted by |."""

from __future__ import annotations

import re

from rnnlab.errors import BadInputError

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "|": "\\|", "=": "\\="}
_PLAIN = re.compile(r"[^\s,:=|\"\\]+")


def split_spec(text: str) -> list[str]:
    """Split the options of a spec at its commas, those within quotes left alone.

    Raises BadInputError where a quote is never closed.
    """
    parts, part, is_quoted, is_escaped = [], "", False, False
    for letter in text:
        if letter == "," and not is_quoted:
            parts.append(part)
            part = ""
            continue
        part += letter
        if letter == '"' and not is_escaped:
            is_quoted = not is_quoted
        is_escaped = letter == "\\" and not is_escaped
    if is_quoted:
        raise BadInputError(f"in spec {text!r}, a quote is never closed", 'close it with "')
    return [*parts, part]


def unquoted(value: str) -> str:
    r"""Return the text that a value means: \n, \t, \" and \\ within it, quotes around it dropped.

    \| and \= stay as they are, for whoever parts the text at them.
    """
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), value, flags=re.DOTALL)


def quoted(text: str) -> str:
    """Return a text as a value of a spec that means it, quoted where it has to be."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = re.sub(r"\\(?![|=])", r"\\\\", text).replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'


def parse_strings(text: str) -> tuple[str, ...]:
    r"""Return the strings that are parted by | (\| is one within); none where the text is empty.

    Raises ValueError where one of them is empty.
    """
    strings = tuple(part.replace("\\|", "|") for part in re.split(r"(?<!\\)\|", text))
    if not text:
        return ()
    if not all(strings):
        raise ValueError('a string is empty: write "a|b"')
    return strings


def parse_biases(text: str) -> dict[str, float]:
    r"""Return the nats that each string is given, from "a=1.5|b=-2" (\| and \= are letters).

    Raises ValueError where it is written otherwise.
    """
    biases = {}
    for part in parse_strings(text):
        string, equals, number = part.rpartition("=")
        string = string.replace("\\=", "=")
        try:
            nats = float(number)
        except ValueError:
            nats = float("nan")
        if not equals or not string or not abs(nats) <= 100:
            raise ValueError('write "e=-2|the=1.5", nats from -100 to 100')
        biases[string] = nats
    return biases
