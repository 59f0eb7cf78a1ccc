"""The texts that do not follow the rules of plain words yet.

`python -m tests.prose.unfinished` writes the table `unfinished.txt` again. It can only shrink: a
test fails if a text breaks a rule and is not in the table, or is in the table and breaks no rule.
"""

from __future__ import annotations

import sys
from pathlib import Path

TABLE = Path(__file__).with_suffix(".txt")


def read_table() -> dict[str, frozenset[str]]:
    """Return the files (`words`) and the help lines (`help`) that are still to be rewritten."""
    rows = [
        line.split(" ", 1)
        for line in (TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else ())
        if line and not line.startswith("#")
    ]
    return {
        kind: frozenset(name for row_kind, name in rows if row_kind == kind)
        for kind in ("words", "help")
    }


def write_table() -> None:
    """Write the table from the present state of the package and the documents."""
    from tests.prose.help_lines import all_problems
    from tests.prose.plain_words import all_breaches

    rows = [f"words {name}" for name in sorted(all_breaches())]
    rows += [f"help {name}" for name in sorted(all_problems())]
    head = "# Still to be rewritten in plain words; written by `python -m tests.prose.unfinished`."
    TABLE.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    sys.stdout.write(f"{len(rows)} texts are still to be rewritten\n")


if __name__ == "__main__":
    write_table()
