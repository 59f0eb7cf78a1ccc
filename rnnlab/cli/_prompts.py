"""Read prompts from a file."""

from __future__ import annotations

from pathlib import Path

from rnnlab.base.display import unescaped
from rnnlab.base.errors import BadInputError
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import LIST_BYTES, read_named


def read_prompts(file: Path) -> list[str]:
    r"""Return the prompts of a file.

    A .jsonl file has a JSON string, or an object with the key `prompt`, on each line. Any other
    file has a prompt per line, in which \n is a newline and \\ a backslash. Empty lines are
    ignored. Raises BadInputError if the file has no prompts or an invalid line.
    """
    try:
        text = read_named(file, LIST_BYTES, encoding="utf-8-sig")
    except OSError as error:
        raise BadInputError(
            f"cannot read {file}: {error.strerror or error}", "choose a text file"
        ) from None
    except UnicodeDecodeError:
        raise BadInputError(f"{file} is not UTF-8", "convert it to UTF-8") from None
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise BadInputError(f"{file} has no prompts", "write one prompt per line")
    if file.suffix == ".jsonl":
        return [_from_json(file, number, line) for number, line in lines]
    return [unescaped(line) for _, line in lines]


def _from_json(file: Path, number: int, line: str) -> str:
    try:
        document = parse_json(line)
    except ValueError:
        document = None
    prompt = document.get("prompt") if isinstance(document, dict) else document
    if not isinstance(prompt, str):
        raise BadInputError(
            f"{file}, line {number}: not a prompt", 'write "text" or {"prompt": "text"}'
        )
    return prompt
