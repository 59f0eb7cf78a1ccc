"""A walk through a text: taking letters, branching, going back."""

from __future__ import annotations

from rnnlab.tui.tokens.token_editor import TokenEditor


def walk(prompt: str = "ab", tokens: str = "cdef") -> TokenEditor:
    made = TokenEditor()
    made.begin(prompt, tuple(tokens), is_behind_prompt=True)
    made.read([*prompt, *tokens], len(prompt))
    return made


def test_it_begins_behind_the_prompt_and_stays_within_the_text() -> None:
    made = walk()
    assert (made.now.place, made.now.chosen) == (2, "c")
    made.move(-9)
    assert (made.now.place, made.now.chosen) == (0, "a")
    made.move(99)
    assert (made.now.place, made.now.chosen) == (6, None)


def test_a_text_of_ones_own_begins_at_its_first_letter() -> None:
    made = TokenEditor()
    made.begin("abc", ())
    made.read(list("abc"), 3)
    assert made.now.chosen == "a"


def test_the_letter_that_stands_there_is_gone_on_from() -> None:
    made = walk()
    assert not made.put("c")
    assert "".join(made.now.all_tokens) == "abcdef"
    assert made.now.place == 3
    assert not made.undo()


def test_another_letter_branches_off_and_undo_goes_back() -> None:
    made = walk()
    made.move(1)
    assert made.put("x")
    assert ("".join(made.now.all_tokens), made.now.prompt, made.now.place) == ("abcx", "ab", 4)
    assert made.put("y")
    assert "".join(made.now.all_tokens) == "abcxy"
    assert made.undo()
    assert made.undo()
    assert ("".join(made.now.all_tokens), made.now.place) == ("abcdef", 3)
    assert not made.undo()


def test_a_branch_within_the_prompt_shortens_the_prompt() -> None:
    made = walk()
    made.go_to(1)
    assert made.put("x")
    assert (made.now.prompt, made.now.prompt_tokens, made.now.tokens) == ("a", ("a",), ("x",))


def test_what_is_written_on_is_appended_where_one_stands_stays() -> None:
    made = walk()
    made.append(["g", "h"])
    assert ("".join(made.now.all_tokens), made.now.place) == ("abcdefgh", 2)
    made.undo()
    assert "".join(made.now.all_tokens) == "abcdef"


def test_what_follows_can_be_cut_in_the_text_and_in_the_prompt() -> None:
    made = walk()
    made.go_to(4)
    made.cut()
    assert "".join(made.now.all_tokens) == "abcd"
    made.cut()
    assert "".join(made.now.all_tokens) == "abc", "beyond the last letter it is that one"
    assert made.undo()
    assert made.undo()
    assert not made.undo()
    made.go_to(1)
    made.cut()
    assert (made.now.prompt, made.now.all_tokens) == ("a", ("a",))


def test_after_a_branch_was_written_on_and_undone_its_last_letter_can_be_cut() -> None:
    made = walk()
    made.put("x")
    made.append(["y", "z"])
    made.undo()
    made.cut()
    assert ("".join(made.now.all_tokens), made.now.place) == ("ab", 2)
    made = walk("", "")
    made.cut()
    assert made.now.place == 0
