"""A new filter is one file and one name in the order: everything else follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.toys.scratch import ScratchCopy

pytestmark = pytest.mark.process

ASK = """
import json
import numpy as np
from rnnlab.base.errors import BadInputError
from rnnlab.decoding import Rows, SearchStart, empty_hypothesis, options_of, parse_spec

spec = parse_spec("beam:toyfilter=3,temperature=0.5,k=2")
start = SearchStart(np.log([[0.1, 0.6, 0.3]]), None)
rows = Rows([empty_hypothesis()], start, spec.options.last)
try:
    problem = ""
    parse_spec("beam:toyfilter=10")
except BadInputError as error:
    problem = str(error)
print(json.dumps({
    "chain": spec.chain,
    "probs": np.exp(spec.options.filter(start.log_probs_PV, rows)).tolist(),
    "help": [option.help for option in options_of("sample") if option.name == "toyfilter"],
    "problem": problem,
}))
"""


@pytest.mark.parametrize(("kind", "rank"), [("truncating", "model"), ("constraint", "filtered")])
def test_a_file_and_a_name_in_the_order_make_a_filter(kind: str, rank: str, tmp_path: Path) -> None:
    copy = ScratchCopy(tmp_path, "rnnlab")
    toy = copy.add("toyfilter", "rnnlab/decoding/filters")
    toy.write_text(toy.read_text().replace('kind="truncating"', f'kind="{kind}"'))
    copy.insert("rnnlab/decoding/filters/__init__.py", '    "temperature",', '    "toyfilter",')
    seen = json.loads(copy.python("-c", ASK))
    # After a truncating filter the temperature has an effect, so that the model ranks.
    assert seen["chain"] == [
        "temperature=0.5", "toyfilter of 3", "beam k=2", f"rank by {rank} probability",
    ]  # fmt: skip
    assert seen["probs"] == [[0.0, 1.0, 0.0]]
    assert seen["help"] == ["Keep the best token for N."]
    assert "toyfilter=10" in seen["problem"]
    assert "at least 0 and at most 9" in seen["problem"]
    if kind == "truncating":
        listed = copy.python("-m", "rnnlab", "decoders")
        line = "    toyfilter=0          Keep the best token for N. [Nobody (1999)]\n"
        assert line in listed
        assert listed.index("temperature=1") < listed.index(line) < listed.index("sigma=0")
