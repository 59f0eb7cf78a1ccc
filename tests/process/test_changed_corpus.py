"""A run whose corpus has changed is refused, and loses nothing."""

from __future__ import annotations

from tests.toys.lab import Call, Lab


def test_without_a_pointer_the_vocabulary_of_the_weights_stays(
    lab: Lab, call: Call, trained: Lab
) -> None:
    """The vocabulary of the new text must not replace it: the weights would be lost with it."""
    run = lab.copy(trained.open("stream"))
    run.paths.pointer("last").unlink()
    vocabulary = run.paths.vocabulary.read_bytes()
    text = lab.text.read_bytes()
    lab.text.write_text("le roi mange " * 2000, encoding="utf-8")
    call(lab, "resume", "stream", "--steps", "160", "--detach")
    reason = lab.until_state(run, "failed").reason
    assert "the corpus of 'stream' has changed since the run started" in reason
    assert run.paths.vocabulary.read_bytes() == vocabulary
    lab.text.write_bytes(text)
    call(lab, "resume", "stream", "--detach")
    assert lab.until_state(run, "finished").step == 160
