"""Valid inputs for every target, from which a fuzzer begins."""

from __future__ import annotations

import gzip
import json
import struct

_TABLE = b'split,label,text\ntrain,0,"Good, ""really"""\ntrain,1,Bad\ntest,0,Fine\n'
_RECORDS = (
    b'{"kind": "event", "step": 0, "event": "started", "message": "", "time_s": 0.0}\n'
    b'{"kind": "train", "step": 10, "epoch": 0.5, "time_s": 1, "train_loss": 2.5, "grad_norm": 1, '
    b'"grad_norm_max": 2, "clipped": 0, "skipped": 0, "lr": 0.002, "tokens_per_s": 100}\n'
    b'{"kind": "eval", "step": 10, "epoch": 0.5, "time_s": 1, "val_loss": null, "is_best": true}\n'
    b'{"kind": "layers", "step": 10, "grad_norms": {"l0": 1.5}, "weight_norms": {"l0": null}}\n'
    b'{"kind": "sample", "step": 10, "epoch": 0.5, "time_s": 1, "prompt_number": 0, "prompt": "a", '
    b'"decoder": "greedy", "text": "b", "logprob": -1.5, "num_tokens": 1, "end": "length"}\n'
)
_EVENT = b'{"kind": "event", "step": 1, "event": "note"}'
_MERGING = b"\n".join((b'"a', b'b"', _EVENT + b"," + _EVENT, b""))
"""Lines without a record that would hold some if they were read as one list."""
_HEADER = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
_WEIGHTS = struct.pack("<Q", len(_HEADER)) + _HEADER + bytes(8)
_GENERATE = {
    "kind": "generate", "ask": 1, "run": "r", "prompt": "The", "decoders": ["greedy", "beam:k=3"],
    "length": 10, "seed": 1, "num": 2, "checkpoint": "last",
}  # fmt: skip
_ANSWER = {
    "decoder": "greedy", "chain": ["greedy"], "rank": 1, "text": "The a", "continuation": " a",
    "finished": False, "logprob": -1.0, "score": -1.0, "tokens": [" a"], "token_logprobs": [-1.0],
}  # fmt: skip
_STARTED = {"kind": "started", "ask": 1, "step": 10}
_PROGRESS = {"kind": "progress", "ask": 1, "decoder": 0, "answers": [_ANSWER], "is_last": True}
_ENDED = {"kind": "ended", "ask": 1, "was_cancelled": False, "elapsed_s": 0.5}


def _lines(*values: object) -> bytes:
    return "".join(json.dumps(value) + "\n" for value in values).encode()


SEEDS: dict[str, tuple[bytes, ...]] = {
    "journal": (_RECORDS, _RECORDS[:-20], b'"a\nb"\n{},{}\n', _MERGING),
    "journal_writes": (b"\0\x40one\0two\nlines\0three \xf0\x9f\x98\x80", b"\0\0", b"\xff\xff\xffa"),
    "status": (
        b'{"state": "running", "pid": 3, "host": "h", "heartbeat": 1.5, "step": 10, "eta_s": null, '
        b'"recent_losses": [2.5, 2], "is_bad_input": false, "reason": "a"}',
        b'{"state": "lost"}',
    ),
    "notes": (b'{"note": "a note", "tags": ["a", "b"]}', b"plain text", b"two\nlines\x1b[31m"),
    "small_files": (b"10\n", b'{"lr": 0.1, "test": 1.5}', b'{"command": ["a"], "sources": {}}'),
    "mail": (
        b'{"action": "set", "name": "lr", "value": 0.5, "values": {"clip": 1}}',
        b'{"action": "pause"}',
    ),
    "queue": (b'{"name": "a", "position": 1.5, "device": "cpu"}', b"{}"),
    "config": (
        b'corpus = "stump"\nhidden = 16\nlr = 0.1\nerrors = "skip"\ntask = "sentences"\n',
        b'corpus = "a"\nepochs = inf\n[b]\nc = [1, {d = 1979-05-27}]\n',
    ),
    "vocabulary": (
        b'{"kind": "words", "tokens": ["<unk>", "The", " cat", ","], "alphabet": "unicode"}',
        b'{"tokens": "abc", "classes": ["0", "1"]}',
    ),
    "weights": (
        _WEIGHTS, _WEIGHTS[:-3],
        b'{"__metadata__": {"format": "pt"}, "a": {"dtype": "F64", "shape": [1, 2], '
        b'"data_offsets": [0, 16]}}',
    ),
    "documents": (
        _TABLE,
        _TABLE.replace(b",", b"\t"),
        b"text;label\na\xff;0\nb;1\n",
        _lines({"label": 0, "text": "a"}, {"label": "b", "text": "c", "split": "train"}),
    ),
    "texts": (
        "Où est l'été ? «Là», dit-on… 日本.\n".encode(),
        "It’s late.\n".encode("cp1252") * 5,  # noqa: RUF001
        "abc é\n".encode("utf-16"),
        gzip.compress(b"abc\n" * 9, mtime=0),
        b'{"prompt": "a"}\n"b"\n',
    ),
    "encodings": (
        b"utf-8\nab\xc3\xa9\n", b"utf-16\n\xff\xfea\0", b"utf-7\n+AOk-",
        b"gb18030\n\x81\x30\x81\x30",
        b"unicode_escape\n\\ud800", b"idna\nabc", b"punycode\nabc-", b"iso2022_jp\n\x1b$B!!",
    ),
    "vectors": (b"the 1 2\n cat 3 4\n", b"2 3\n. . 1 2 3\nthe -1e-3 0 .5\n", b"the\xff 1\n"),
    "decoder_spec": (
        b"greedy", b"greedy:stop=" + b"\\" * 80 + b'"a"',
        b"beam:k=5,p=0.9 sample:temperature=0.5", b'greedy:ban="a|b",stop="\\n, x"',
        b"diverse-beam:k=6,groups=3,bias=\"e=-2|the=1.5\"", b"exact:budget=10,unk=write",
    ),
    "question_line": (_lines(_GENERATE), _lines({"kind": "distributions", "ask": 2, "run": "r"})),
    "reply_line": (_lines(_PROGRESS), _lines(_STARTED), _lines(_ENDED)),
    "filters": (
        b"val<1 state:running cell:lstm", b"-tag:a 'two words' step>=100", b"lr=0.1 clip=none",
        b"lr 0.1 -> 0.2, steps none -> 5",
    ),
    "preferences": (b'theme = "dark"\nalerts = "bell"\n', b"[a]\nb = 1\n"),
    "saved_views": (
        b'{"theme": "dark", "pane": 1, "shown": ["a"], "split": 0.5}',
        _lines(_GENERATE, _STARTED, _PROGRESS, _ENDED),
    ),
}  # fmt: skip
"""Name of a target's function -> inputs."""
