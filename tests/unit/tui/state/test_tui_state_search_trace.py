"""What is known of a search, from real searches on toy matrices."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from rnnlab.decoding import Tracer, parse_spec, read_step
from rnnlab.tui.state.search_trace import OVERTAKEN, SearchTrace
from tests.toys.searches import Tree, run


def searched(spec_text: str, length: int, num_steps: int | None = None) -> SearchTrace:
    """Search a toy language and trace it, as it comes over the pipe."""
    tree, spec = Tree(seed=4), parse_spec(spec_text)
    start = tree.start(None)
    tracer = Tracer(spec.options, start, "abcd", length, has_rows=False)
    trace = SearchTrace()
    frames = run(spec_text, tree, None, length)
    for frame in frames[:num_steps]:
        trace.add([read_step(asdict(step)) for step in tracer.add(frame)])
    return trace


def ids_of_answers(trace: SearchTrace) -> list[int]:
    """Return the answers of a search that is over, best first."""
    return [answer.id for answer in trace.steps[-1].answers]


def test_the_answers_can_be_read_from_their_ids() -> None:
    trace = searched("beam:k=3", 8)
    assert len(ids_of_answers(trace)) == 3
    scores = [trace.hypotheses[node].score for node in ids_of_answers(trace)]
    assert scores == sorted(scores, reverse=True)
    assert all(len(trace.path(node)) <= 8 for node in ids_of_answers(trace))


def test_all_that_does_not_lead_to_an_answer_was_given_up_once_with_a_reason() -> None:
    trace = searched("beam:k=3", 8)
    leads = {made.id for node in ids_of_answers(trace) for made in trace.path(node)}
    parents = {made.parent for made in trace.hypotheses.values()}
    ends = {node for node in trace.hypotheses if node not in leads and node not in parents}
    given_up = [given.id for given in trace.pruned]
    assert ends <= set(given_up)
    assert len(set(given_up)) == len(given_up)
    assert not set(given_up) & leads
    assert {given.reason for given in trace.pruned} == {"beyond the beam's width", OVERTAKEN}


def test_where_a_text_leaves_the_best_one_is_found() -> None:
    trace = searched("beam:k=3", 8)
    best = [made.token for made in trace.path(ids_of_answers(trace)[0])]
    assert trace.parting(ids_of_answers(trace)[0], best) == len(best)
    for given in trace.pruned:
        tokens = [made.token for made in trace.path(given.id)]
        place = trace.parting(given.id, best)
        assert tokens[:place] == best[:place]
        assert place == len(tokens) or tokens[place] != best[place]


@pytest.mark.parametrize("num_steps", [1, 4, None])
def test_there_is_a_tree_at_any_time(num_steps: int | None) -> None:
    trace = searched("beam:k=3", 8, num_steps)
    root = trace.tree()
    assert (root is None) is (num_steps == 1), "a trace is a step behind"
    if root is not None:
        assert root.branches or root.tokens


def test_of_nothing_there_is_no_tree() -> None:
    assert SearchTrace().tree() is None
