"""Reviews of fictitious films from a probabilistic grammar, labelled good or bad.

A review judges the story, the cast and the music; each judgement agrees with the label in 17 of 20
cases. A single word says little about the label: half of the judgements are negated (*not, after
two hours in the rain, boring*), remarks on other things come between the judgements, and one review
in four retracts everything at its end. A model must connect a word to its negation, count
judgements over about sixty words, and invert the result after a retraction. The best possible
prediction is correct in 93.9 % of the cases: the majority of the judgements does not always agree
with the label.
"""

from __future__ import annotations

import csv
import io
from functools import cache
from random import Random

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Option, Options
from rnnlab.corpora._grammar import Grammar, bayes_floor
from rnnlab.corpora._templates import Rules, lists, with_capitals, words, written_out

LABELS = ("bad", "good")
_AS_LABELLED, _OTHERWISE = 17, 3
_KEEPS, _RETRACTS = 3, 1
_ASPECTS = {
    "story": words("ending, plot, script, story"),
    "cast": words("cast, hero, leading lady, villain"),
    "music": words("music, organ, score, singing"),
}

_RULES: Rules = {
    "(for|against)_aspect": {
        "the {aspect} was ({good}|{bad}).": 3,
        "the {aspect} was not, {aside}, ({bad}|{good}).": 3,
        "nobody could call the {aspect} ({bad}|{good}).": 2,
        "I thought, {aside}, that the {aspect} was ({good}|{bad}).": 2,
        "it is not true that the {aspect} was ({bad}|{good}).": 2,
        "({Good}|{Bad}) is the word for the {aspect}.": 1,
    },
    "remark": {
        "my {relative} found the {thing} {any}.": 4,
        "the critics called the other film {any}, {aside}.": 3,
        "we sat in row {row} behind a {stranger} with a {burden}.": 2,
    },
    "any": {"{good}": 1, "{bad}": 1},
    "lead": {
        "we saw this {kind} {time}.": 3,
        "my {relative} and I went to a {kind} {time}.": 1,
    },
    "close": {"now you know, and my {relative} knows it, too.": 1, "so much for that {kind}.": 2},
    "retract": {
        "on the way home I saw that the opposite of all this is true. {Close}": 1,
        "{time_first} I changed my mind about everything. {Close}": 1,
    },
}
_LISTS = {
    "good": words("""
        brilliant, charming, funny, gripping, lovely, moving, splendid, superb, touching, witty
    """),
    "bad": words("""
        awful, boring, clumsy, dreadful, feeble, lame, silly, stale, tedious, unbearable
    """),
    "aside": words("""
        after two hours in the rain, all things considered, as far as I could see, between you and
        me, in my modest opinion, to say it in one word, when the lights were out again
    """),
    "relative": words("aunt, brother, cousin, daughter, neighbour, sister, teacher, uncle"),
    "thing": words("curtain, heating, newsreel, popcorn, poster, seat, sequel, trailer"),
    "stranger": words("baker, diver, general, nurse, poet, sailor"),
    "burden": words("cello, dog, hat, ladder, parrot, tuba"),
    "row": words("four, nine, seven, twelve, two"),
    "kind": words("comedy, drama, film, musical, thriller, western"),
    "time": words("at last, in the spring, last week, on Sunday, yesterday"),
    "time_first": words("a day later, after a good night's sleep, over a pot of tea"),
}


def _review(first: str, second: str) -> dict[str, int]:
    """Return a label's reviews: judgements for it, or judgements against it and a retraction."""
    return {
        f"{{Lead}} {_judgements(first)} {{Close}}": _KEEPS,
        f"{{Lead}} {_judgements(second)} {{Retract}}": _RETRACTS,
    }


def _judgements(side: str) -> str:
    return " ".join(f"{{{side}_{aspect}}}" for aspect in _ASPECTS)


@cache
def grammar() -> Grammar:
    """Return the prefix-free grammar; its start symbols are `label_good` and `label_bad`."""
    numbered = written_out(_RULES)
    rules = {name: rule for name, rule in numbered.items() if not name.endswith("_aspect")}
    for aspect, nouns in _ASPECTS.items():
        rules[aspect] = dict.fromkeys(nouns, 1)
        for side, other in (("for", "against"), ("against", "for")):
            texts = numbered[f"{side}_aspect"].items()
            rules[f"{side}_{aspect}_itself"] = {
                text.replace("{aspect}", f"{{{aspect}}}"): weight for text, weight in texts
            }
            symbol = f"{side}_{aspect}_told"
            rules[symbol] = {
                f"{{Remark}} {{{symbol}}}": 2,
                f"{{{_capital(side)}_{aspect}_itself}}": 3,
            }
            rules[f"{side}_{aspect}"] = {
                f"{{{symbol}}}": _AS_LABELLED,
                f"{{{other}_{aspect}_told}}": _OTHERWISE,
            }
    rules["label_good"] = _review("for", "against")
    rules["label_bad"] = _review("against", "for")
    return Grammar(with_capitals(rules | lists(_LISTS)))


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def make(options: Options) -> str:
    """Return the corpus: a table of split, label and text; a tenth is val, another tenth test."""
    generator = Random(options["seed"])
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["split", "label", "text"])
    for number in range(options["documents"]):
        split = {8: "val", 9: "test"}.get(number % 10, "train")
        label = LABELS[int(generator.random() * 2)]
        writer.writerow([split, label, grammar().derive(f"label_{label}", generator).text])
    return table.getvalue()


@cache
def _floor() -> Floor:
    judged = {f"{side}_{aspect}_told" for side in ("for", "against") for aspect in _ASPECTS}
    shared = judged | {"Lead", "Close", "Retract"}
    return bayes_floor(grammar(), [f"label_{label}" for label in LABELS], shared)


def floor(options: Options, task: str) -> Floor | None:
    """Return the Bayes accuracy, and the entropy of a document's label given its text."""
    return _floor() if task == "classify" else None


CORPUS = MadeCorpus(
    "classify",
    make,
    floor,
    {
        "documents": Option(3_200, 100, 1_000_000, "number of reviews"),
        "seed": Option(1, 0, 2**31 - 1, "seed of the text"),
    },
    ending=".csv",
)
