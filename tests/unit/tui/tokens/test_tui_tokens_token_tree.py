"""The tree of the explored texts: branches stay, undo goes back, any node can be gone to."""

from __future__ import annotations

from rnnlab.tui.tokens.token_node import Node
from rnnlab.tui.tokens.token_tree import TokenTree


def walk(prompt: str = "ab", tokens: str = "cdef") -> TokenTree:
    made = TokenTree()
    made.begin(prompt, tuple(tokens), is_behind_prompt=True)
    made.read([*prompt, *tokens], len(prompt))
    return made


def text(tree: TokenTree) -> str:
    return "".join(tree.now.all_tokens)


def branches(node: Node) -> str:
    return "".join(sorted(node.children))


def test_it_begins_behind_the_prompt_and_stays_within_the_text() -> None:
    made = walk()
    assert (made.now.place, made.now.chosen) == (2, "c")
    made.move(-9)
    assert (made.now.place, made.now.chosen) == (0, "a")
    made.move(99)
    assert (made.now.place, made.now.chosen) == (6, None)


def test_a_text_of_ones_own_begins_at_its_first_letter() -> None:
    made = TokenTree()
    assert made.is_empty
    made.begin("abc", ())
    assert (made.is_empty, made.now.all_tokens, made.now.text) == (False, (), "abc")
    made.read(list("abc"), 3)
    assert (made.now.chosen, made.now.prompt, made.now.tokens) == ("a", "abc", ())


def test_the_letter_that_stands_there_is_gone_on_from() -> None:
    made = walk()
    assert not made.put("c")
    assert text(made) == "abcdef"
    assert made.now.place == 3
    assert not made.undo()


def test_another_letter_branches_off_and_undo_goes_back() -> None:
    made = walk()
    made.move(1)
    assert made.put("x")
    assert (text(made), made.now.prompt, made.now.place) == ("abcx", "ab", 4)
    assert made.put("y")
    assert text(made) == "abcxy"
    assert made.undo()
    assert made.undo()
    assert (text(made), made.now.place) == ("abcdef", 3)
    assert not made.undo()


def test_a_branch_that_was_left_stays_and_is_entered_where_it_was_left() -> None:
    made = walk()
    made.move(1)
    made.put("x")
    made.put("y")
    made.move(-2)
    assert branches(made.current) == "dx"
    assert made.put("d")
    assert (text(made), made.now.place) == ("abcdef", 4)
    made.move(-1)
    assert made.put("x")
    assert (text(made), made.now.place) == ("abcxy", 4)
    for _ in range(4):
        made.undo()
    assert (text(made), len(made.leaves())) == ("abcdef", 1)


def test_a_branch_within_the_prompt_shortens_the_prompt() -> None:
    made = walk()
    made.go_to(1)
    assert made.put("x")
    assert (made.now.prompt, made.now.prompt_tokens, made.now.tokens) == ("a", ("a",), ("x",))
    made.choose_leaf(1)
    assert (made.now.prompt, text(made)) == ("ab", "abcdef")


def test_continuations_of_several_decoders_become_branches_with_their_names() -> None:
    made = walk()
    made.go_to(4)
    grown = [
        ("greedy", "xyz", [-1.0] * 3),
        ("beam", "xyq", [-1.0, -2.0, -3.0]),
        ("same", "xyz", [-1.0] * 3),
    ]
    made.grow(made.current, grown, 40)
    assert (text(made), made.now.place) == ("abcdxyz", 4), "the first one goes on with the text"
    assert branches(made.current) == "ex"
    labels = {"".join(n.token for n in leaf.path()): leaf.labels for leaf in made.leaves()}
    assert labels == {"abcdef": (), "abcdxyz": ("greedy", "same"), "abcdxyq": ("beam",)}
    leaf = made.leaves()[-1]
    assert (leaf.logprob, leaf.step) == (-3.0, 40)
    assert made.undo()
    assert (text(made), len(made.leaves())) == ("abcdef", 1)


def test_a_continuation_that_goes_on_from_another_ones_end_does_not_lengthen_the_text() -> None:
    made = walk("ab", "")
    made.grow(made.current, [("one", "x", [-1.0]), ("two", "xy", [-1.0, -1.0])])
    assert text(made) == "abx"
    assert made.choose_leaf(1)
    assert (text(made), made.now.place) == ("abxy", 3)
    made.undo()
    assert text(made) == "abx"


def test_the_next_and_the_previous_branch_come_round() -> None:
    made = walk()
    made.move(1)
    made.put("x")
    made.go_to(2)
    made.put("z")
    texts = []
    for _ in range(3):
        assert made.choose_leaf(1)
        texts.append((text(made), made.now.place))
    assert texts == [("abcdef", 2), ("abcx", 3), ("abz", 2)]
    made.choose_leaf(-1)
    assert text(made) == "abcx"
    assert not walk().choose_leaf(1)
    assert not TokenTree().choose_leaf(1)


def test_any_node_of_any_branch_can_be_gone_to() -> None:
    made = walk()
    made.move(1)
    made.put("x")
    made.put("y")
    leaf = next(leaf for leaf in made.leaves() if leaf.token == "f")
    assert leaf.parent
    made.choose(leaf.parent)
    assert (text(made), made.now.place, made.now.chosen) == ("abcdef", 4, "e")
    made.undo()
    assert text(made) == "abcxy"


def test_what_follows_can_be_cut_in_the_text_and_in_the_prompt() -> None:
    made = walk()
    made.go_to(4)
    made.cut()
    assert text(made) == "abcd"
    made.cut()
    assert text(made) == "abc", "beyond the last letter it is that one"
    assert made.undo()
    assert made.undo()
    assert not made.undo()
    made.go_to(1)
    made.cut()
    assert (made.now.prompt, made.now.all_tokens) == ("a", ("a",))


def test_a_cut_removes_one_branch_and_leaves_the_others() -> None:
    made = walk()
    made.move(1)
    made.put("x")
    made.move(-1)
    made.cut()
    assert (text(made), branches(made.current)) == ("abc", "d")
    assert made.choose_leaf(1)
    assert text(made) == "abcdef"
    made.undo()
    made.undo()
    assert (text(made), branches(made.current)) == ("abcx", "dx")


def test_after_a_branch_was_written_on_and_undone_its_last_letter_can_be_cut() -> None:
    made = walk()
    made.put("x")
    made.grow(made.current, [("greedy", "yz", [-1.0, -1.0])])
    made.undo()
    made.cut()
    assert (text(made), made.now.place) == ("ab", 2)
    made = walk("", "")
    made.cut()
    assert made.now.place == 0


def test_a_token_that_was_only_looked_at_is_not_in_the_tree() -> None:
    made = walk()
    ghost = made.current.child("x")
    assert branches(made.current) == "c"
    assert made.current.child("x") is ghost
    made.put("x")
    assert ghost.is_explored
    assert made.current is ghost
    ghost.forget()
    assert ghost.is_explored
    other = ghost.child("y")
    other.forget()
    assert ghost.ghosts == {}


def test_a_text_that_is_read_again_does_not_take_the_user_back() -> None:
    made = walk()
    made.move(1)
    made.put("x")
    nodes = made.read("abcdef", 2)
    assert [node.token for node in nodes] == list("abcdef")
    assert (text(made), made.now.place) == ("abcx", 4)
    made.undo()
    made.cut()
    assert [node.token for node in made.read("abcdef", 2)] == list("abcdef")
    assert text(made) == "abc", "what was removed stays removed"


def test_a_text_of_thousands_of_tokens_is_walked_without_recursion() -> None:
    made = walk("ab" * 5000, "c" * 5000)
    made.go_to(12_000)
    made.put("x")
    assert len(made.now.all_tokens) == 12_001
    assert made.before(made.current).text.endswith("cx")
    made.undo()
    assert len(made.leaves()) == 1
