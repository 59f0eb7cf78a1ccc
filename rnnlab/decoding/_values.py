"""Text values of a spec: quotes, escapes, and lists separated by |."""

from __future__ import annotations

import re

from rnnlab.base.errors import BadInputError

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|((?:[^"\\]|\\.)*\\?)', re.DOTALL)
_PLAIN = re.compile(r"[^\s,:=|\"\\]+")


def split_spec(text: str) -> list[str]:
    """Split the options of a spec at the commas outside quotes.

    Raises ValueError if a quote is not closed.
    """
    return _split(text, ",")


def split_specs(text: str) -> list[str]:
    """Split a line of specs at the white space outside quotes.

    Raises BadInputError if a quote is not closed.
    """
    try:
        return [spec for spec in _split(text, " \t\n") if spec]
    except ValueError as error:
        raise BadInputError(
            f"in decoders {text!r}, {error}", 'write a quoted value as "a b"'
        ) from None


def _split(text: str, separators: str) -> list[str]:
    parts, part, is_quoted, is_escaped = [], "", False, False
    for char in text:
        if char in separators and not is_quoted:
            parts.append(part)
            part, is_escaped = "", False
            continue
        part += char
        if char == '"' and not is_escaped:
            is_quoted = not is_quoted
        is_escaped = char == "\\" and not is_escaped
    if is_quoted:
        raise ValueError("a quote is not closed")
    return [*parts, part]


def unquoted(value: str) -> str:
    r"""Return the text of a value without quotes, with \n, \t, \r, \" and \\ unescaped.

    \| and \= stay escaped for the parser of the list. Raises ValueError if only a part of the value
    is quoted.
    """
    match = _VALUE.fullmatch(value)
    if match is None:
        raise ValueError('put the quotes around the whole value: "a|b"')
    inner = match[2] if match[1] is None else match[1]
    return re.sub(r"\\(.)", lambda part: _ESCAPES.get(part[1], part[0]), inner, flags=re.DOTALL)


def quoted(text: str) -> str:
    """Return a text as a value of a spec, quoted if necessary; the inverse of `unquoted`."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = re.sub(r"\\(?![|=])", r"\\\\", text).replace('"', '\\"')
    for char, escape in (("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        escaped = escaped.replace(char, escape)
    return f'"{escaped}"'


def parse_strings(text: str) -> tuple[str, ...]:
    r"""Return the strings of a list separated by |, in which \| is a literal |.

    An empty text has no strings. Raises ValueError if one of several strings is empty.
    """
    strings = tuple(part.replace("\\|", "|") for part in re.split(r"(?<!\\)\|", text))
    if not text:
        return ()
    if not all(strings):
        raise ValueError('a string is empty: write "a|b"')
    return strings


def parse_prompts(text: str) -> tuple[str, ...]:
    r"""Return the prompts of a list separated by |, with \n, \t and \| unescaped.

    An empty text has no prompts. Raises BadInputError if one of several prompts is empty.
    """
    try:
        prompts = parse_strings(text)
    except ValueError as error:
        raise BadInputError(f"in prompts {text!r}, {error}") from None
    return tuple(re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), p) for p in prompts)


def parse_biases(text: str) -> dict[str, float]:
    r"""Return the nats of each string in a list such as "a=1.5|b=-2" (\| and \= are literal).

    Raises ValueError if the list is not of this form.
    """
    biases: dict[str, float] = {}
    for part in parse_strings(text):
        match = re.fullmatch(r"(.+)(?<!\\)=(.*)", part, re.DOTALL)
        try:
            nats = float(match[2]) if match else float("nan")
        except ValueError:
            nats = float("nan")
        if not match or not abs(nats) <= 100:
            raise ValueError(
                f'{part!r} is not of the form string=nats, from -100 to 100 nats, such as "e=-2"'
            )
        string = match[1].replace("\\=", "=")
        if string in biases:
            raise ValueError(f"{string!r} occurs twice; remove one of them")
        biases[string] = nats
    return biases
