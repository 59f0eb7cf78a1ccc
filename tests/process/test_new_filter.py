"""A new filter is one file and one name in the order: everything else follows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toys.environment import CHECKOUT, known_environment

pytestmark = pytest.mark.process

TOY = '''"""Keep the most probable token.

Source: Nobody (1999), "A toy".
"""

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import only


def apply(log_probs_RV, number, rows):
    return only(log_probs_RV, log_probs_RV >= log_probs_RV.max(-1, keepdims=True))


FILTER = Filter(
    kind="{kind}",
    apply=apply,
    option="toy",
    value_type=int,
    neutral=0,
    limits={{"ge": 0, "le": 9}},
    chain_text="{{name}} of {{value}}",
    help="Keep the best token for N.",
)
'''
ASK = """
import json
import numpy as np
from rnnlab.base.errors import BadInputError
from rnnlab.decoding import Rows, SearchStart, empty_hypothesis, options_of, parse_spec

spec = parse_spec("beam:toy=3,temperature=0.5,k=2")
start = SearchStart(np.log([[0.1, 0.6, 0.3]]), None)
rows = Rows([empty_hypothesis()], start, spec.options.last)
try:
    problem = ""
    parse_spec("beam:toy=10")
except BadInputError as error:
    problem = str(error)
print(json.dumps({
    "chain": spec.chain,
    "probs": np.exp(spec.options.filter(start.log_probs_PV, rows)).tolist(),
    "help": [option.help for option in options_of("sample") if option.name == "toy"],
    "problem": problem,
}))
"""


@pytest.mark.parametrize(("kind", "rank"), [("truncating", "model"), ("constraint", "filtered")])
def test_a_file_and_a_name_in_the_order_make_a_filter(kind: str, rank: str, tmp_path: Path) -> None:
    package = tmp_path / "rnnlab"
    shutil.copytree(CHECKOUT / "rnnlab", package, ignore=shutil.ignore_patterns("__pycache__"))
    filters = package / "decoding" / "filters"
    (filters / "toy.py").write_text(TOY.format(kind=kind))
    order = (filters / "__init__.py").read_text()
    assert order.count('    "temperature",\n') == 1
    (filters / "__init__.py").write_text(
        order.replace('    "temperature",\n', '    "temperature",\n    "toy",\n')
    )

    def python(*arguments: str) -> str:
        env = {**known_environment(tmp_path), "PYTHONPATH": str(tmp_path), "COLUMNS": "100"}
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True, text=True, check=True, env=env, cwd=tmp_path,
        ).stdout  # fmt: skip

    seen = json.loads(python("-c", ASK))
    # After a truncating filter the temperature has an effect, so that the model ranks.
    assert seen["chain"] == [
        "temperature=0.5", "toy of 3", "beam k=2", f"rank by {rank} probability",
    ]  # fmt: skip
    assert seen["probs"] == [[0.0, 1.0, 0.0]]
    assert seen["help"] == ["Keep the best token for N."]
    assert "toy=10" in seen["problem"]
    assert "at least 0 and at most 9" in seen["problem"]
    if kind == "truncating":
        listed = python("-m", "rnnlab", "decoders")
        line = "    toy=0                Keep the best token for N. [Nobody (1999)]\n"
        assert line in listed
        assert listed.index("temperature=1") < listed.index(line) < listed.index("sigma=0")
