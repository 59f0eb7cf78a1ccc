"""Values of a spec that are text: quoted, with escapes, several of them parted by |."""

from __future__ import annotations

import re

from rnnlab.base.errors import BadInputError

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|((?:[^"\\]|\\.?)*)', re.DOTALL)
_PLAIN = re.compile(r"[^\s,:=|\"\\]+")


def split_spec(text: str) -> list[str]:
    """Split the options of a spec at its commas, those within quotes left alone.

    Raises ValueError where a quote is never closed.
    """
    return _split(text, ",")


def split_specs(text: str) -> list[str]:
    """Return the specs of a line, set apart by white space, that within quotes left alone.

    Raises BadInputError where a quote is never closed.
    """
    try:
        return [spec for spec in _split(text, " \t\n") if spec]
    except ValueError as error:
        raise BadInputError(
            f"in decoders {text!r}, {error}", 'write a quoted value as "a b"'
        ) from None


def _split(text: str, separators: str) -> list[str]:
    parts, part, is_quoted, is_escaped = [], "", False, False
    for letter in text:
        if letter in separators and not is_quoted:
            parts.append(part)
            part, is_escaped = "", False
            continue
        part += letter
        if letter == '"' and not is_escaped:
            is_quoted = not is_quoted
        is_escaped = letter == "\\" and not is_escaped
    if is_quoted:
        raise ValueError("a quote is never closed")
    return [*parts, part]


def unquoted(value: str) -> str:
    r"""Return the text that a value means, quotes around it dropped, \n, \t, \r, \" and \\ read.

    \| and \= stay as they are, for whoever parts the text at them. Raises ValueError where a quote
    stands within the value.
    """
    found = _VALUE.fullmatch(value)
    if found is None:
        raise ValueError('quotes go around the whole value, as "a|b"')
    inner = found[2] if found[1] is None else found[1]
    return re.sub(r"\\(.)", lambda part: _ESCAPES.get(part[1], part[0]), inner, flags=re.DOTALL)


def quoted(text: str) -> str:
    """Return a text as a value of a spec that means it, quoted where it has to be."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = re.sub(r"\\(?![|=])", r"\\\\", text).replace('"', '\\"')
    for letter, written in (("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        escaped = escaped.replace(letter, written)
    return f'"{escaped}"'


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


def parse_prompts(text: str) -> tuple[str, ...]:
    r"""Return the prompts that are parted by |, \n, \t and \| read; none where the text is empty.

    Raises BadInputError where one of them is empty.
    """
    try:
        prompts = parse_strings(text)
    except ValueError as error:
        raise BadInputError(f"in prompts {text!r}, {error}") from None
    return tuple(re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), p) for p in prompts)


def parse_biases(text: str) -> dict[str, float]:
    r"""Return the nats that each string is given, from "a=1.5|b=-2" (\| and \= are letters).

    Raises ValueError where it is written otherwise.
    """
    biases: dict[str, float] = {}
    for part in parse_strings(text):
        found = re.fullmatch(r"(.+)(?<!\\)=(.*)", part, re.DOTALL)
        try:
            nats = float(found[2]) if found else float("nan")
        except ValueError:
            nats = float("nan")
        if not found or not abs(nats) <= 100:
            raise ValueError(f'{part!r} is no string=nats, as "e=-2|the=1.5" from -100 to 100')
        string = found[1].replace("\\=", "=")
        if string in biases:
            raise ValueError(f"{string!r} is given twice")
        biases[string] = nats
    return biases
