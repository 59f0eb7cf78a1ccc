"""Campaign speeches from a probabilistic grammar with known entropy.

The speeches consist of promises, thanks, rhetorical questions and cheers, in fictitious towns. A
model must remember three things over several words: whether the subject is singular or plural, up
to the verb and across nouns of the other number; whether a quote is open; and whether the sentence
is a statement, a question or a cheer, because this decides the final `.`, `?` or `!`.
"""

from __future__ import annotations

from functools import cache

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Options
from rnnlab.corpora._grammar import Grammar
from rnnlab.corpora._templates import (
    Rules,
    draw_text,
    lists,
    text_options,
    with_capitals,
    words,
    written_out,
)

_PEOPLE = words("""
    aunt, baker, clown, cow, crab, diver, doctor, duck, fox, frog, ghost, hen, judge, king, mayor,
    mole, nurse, otter, owl, pirate, poet, rat, sailor, swan, toad, uncle, voter, wizard
""")
_CONSONANT_THINGS = words("""
    bell, boat, bridge, cake, chair, clock, drum, flag, gate, hat, hedge, jug, kite, lamp, map, mop,
    nut, pie, pond, road, roof, shed, sock, spoon, tent, tower, tuba, wall, wig
""")
_VOWEL_THINGS = words("anchor, engine, igloo, onion, umbrella")
_CONSONANT_QUALITIES = words("""
    big, blue, brave, calm, cheap, damp, dry, fast, flat, golden, green, happy, kind, lazy, loud,
    muddy, new, noisy, pink, quiet, round, salty, silver, soft, tall, tiny, warm, wild, yellow
""")
_VOWEL_QUALITIES = words("extra, honest, icy, old, ugly")
_CONTAINERS = words("bucket, heap, museum, parade, river")
_STUFF = words("bread, custard, fog, gravy, jazz, lemonade, snow, soup, tea, toast")
_VERBS = words("""
    borrow, count on, defend, dream of, eat, fear, guard, hide, inspect, love, mend, need, own,
    paint, praise, rent, sell, trust, vote for, want, welcome
""")
_SKILLS = words("bake, cook, dance, fly, hum, juggle, knit, nap, run, sing, vote, yodel")
_STATES = words("""
    asleep, busy, full of soup, hungry, in love, in trouble, late, leaking, made of cheese, never
    wrong, on our side, out of tea, ready, tired, upside down, winning
""")
_PLACES = words("bakery, castle, harbour, library, museum, park, station, zoo")
_TIMES = words("""
    after dark, at noon, before lunch, by Friday, by Monday, every spring, next week, tonight
""")
_OPENERS = words("As you know, Believe me, Folks, Listen, My friends")
_TITLES = words("Aunt, Captain, Deputy, Judge, Mayor, Uncle")
_SURNAMES = words("Bobbin, Crumb, Drizzle, Mopp, Pickle, Snuff, Thimble, Wimple")
_TOWN_HEADS = words("""
    Biscuit, Crumpet, Custard, Hiccup, Mitten, Noodle, Snore, Sock, Turnip, Wobble
""")
_TOWN_TAILS = ["bury", "ford", "ham", "ton", " Bay", " Green", " Hill"]

_RULES: Rules = {
    "paragraph": {"{sentence} {sentence}{more}": 1},
    "more": {" {sentence}{more}": 2, "\n": 1},
    "sentence": {
        "{Statement}": 24,
        "{Question}": 11,
        "{Shout}": 8,
        "{opener}, {statement}": 3,
        "{name}: {Statement}": 2,
        "{name}: {Question}": 1,
        "{name}: {Shout}": 1,
    },
    "statement": {
        "{will} {deed}": 8,
        "the {quality} ({person}{one}|{people}{many})": 5,
        "every {person}{one}": 2,
        "(my {person}{one}|our {people}{many})": 1,
        "{number} {people}{many}": 4,
        "{name}{one}": 2,
        "{town} {verbs} {object}{tail}": 2,
        "{a} is better than {a}{end}": 1,
        "I lost {town} by {number} votes{end}": 1,
        "if the ({person} is|{people} are) {state}, I will {skill}{end}": 1,
        "they have {things}, we have {things}{end}": 1,
        "my opponent {verbs} {things}, but I {verb} {things}{end}": 2,
        "we are not {state}, we are {state}{end}": 1,
        "where others see {a}, I see {a}{end}": 1,
        'the ({person}|{people}) told me, "{saying}", and I agree{end}': 1,
        '"{Saying}", (says|say) the ({person}|{people}){end}': 2,
    },
    "will": {
        "I will": 3,
        "we will": 3,
        "I promise to": 2,
        "together we will": 1,
        "we are going to": 1,
    },
    "deed": {
        "{verb} {object}{tail}": 8,
        "give every {person} {a}{end}": 2,
        "teach the {people} to {skill}{end}": 2,
        "never {verb} {things}{tail}": 1,
        "move {town} to {town}{end}": 1,
        "swap {a} for {a}{end}": 1,
    },
    "(one|many)": {
        " ({verbs}|{verb}) {object}{tail}": 8,
        " (is|are) {state}{reason}": 3,
        " from {town} ({verbs}|{verb}) {object}{end}": 2,
        " with the ({things} {verbs}|{thing} {verb}) {object}{end}": 2,
        ", who ({verbs}|{verb}) {things}, (is|are) {state}{end}": 2,
    },
    "tail": {"{end}": 10, " {where}{end}": 4, " {time}{end}": 3},
    "reason": {"{tail}": 4, " because the ({person} is|{people} are) {state}{end}": 1},
    "where": {"in {town}": 3, "near the {place}": 2, "behind the {place}": 1},
    "question": {
        "(does|do) the ({person}|{people}) {verb} {object}{ask}": 4,
        "why (does|do) the ({person}|{people}) {verb} {object}{ask}": 2,
        "(is|are) the {quality} ({person}|{people}) {state}{ask}": 3,
        "who {verbs} {quality} {things}{ask}": 2,
        "who will {verb} {object}{ask}": 2,
        "how many {things} does {town} need{ask}": 3,
        "can {a} {skill} in {town}{ask}": 2,
        "what is {town} without {things}{ask}": 2,
    },
    "shout": {
        "vote for me and for {object}{bang}": 3,
        "thank you, {town}{bang}": 1,
        "thank you, {town}, for the {quality} {things}{bang}": 3,
        "what {a} for {town}{bang}": 2,
        "long live the {quality} ({person}|{people}){bang}": 2,
        "let the {people} {skill}{bang}": 1,
        "more {things}, fewer {things}{bang}": 2,
        "no more {things} in {town}{bang}": 2,
        "we want {number} more {things}{bang}": 2,
    },
    "saying": {
        "never {verb} {a}": 3,
        "{things} do not {skill}": 1,
        "you cannot tax {stuff}": 1,
        "bring me {object}": 2,
    },
    "end": {".": 24, " [applause].": 2, " [laughter].": 1, " [cheering].": 1},
    "ask": {"?": 10, " [laughter]?": 1, " [silence]?": 1},
    "bang": {"!": 6, " [applause]!": 2, " [cheering]!": 1},
    "object": {
        "{a}": 8,
        "a {container} of {quality} {things}": 2,
        "{number} {things}": 4,
        "more {things}": 1,
        "{quality} {things}": 4,
        "{stuff}": 2,
    },
    "town": {
        "{town_head}{town_tail}": 8,
        "Lower {town_head}{town_tail}": 1,
        "Upper {town_head}{town_tail}": 1,
    },
    "name": {"{title} {surname}": 1},
    "a": {
        "a {consonant_thing}": 6,
        "an {vowel_thing}": 1,
        "a {consonant_quality} {thing}": 12,
        "an {vowel_quality} {thing}": 2,
    },
    "thing": {"{consonant_thing}": 6, "{vowel_thing}": 1},
    "quality": {"{consonant_quality}": 6, "{vowel_quality}": 1},
    "number": {
        "{lead}{digit}": 8,
        "{lead},{digit}00": 4,
        "three": 1,
        "seven": 1,
        "ten": 1,
        "forty": 1,
        "a hundred": 1,
        "a million": 1,
    },
}
"""`(one|many)` expands an alternative, or a symbol, into two: singular and plural. `{Noun}` is the
symbol `{noun}` with the first letter of its texts in upper case."""


def _plural(noun: str) -> str:
    return noun + ("es" if noun.endswith(("ch", "s", "sh", "x")) else "s")


def _third_person(verb: str) -> str:
    head, space, particle = verb.partition(" ")
    return _plural(head) + space + particle


_LISTS = {
    "person": _PEOPLE,
    "people": [_plural(person) for person in _PEOPLE],
    "consonant_thing": _CONSONANT_THINGS,
    "vowel_thing": _VOWEL_THINGS,
    "things": [_plural(thing) for thing in _CONSONANT_THINGS + _VOWEL_THINGS],
    "consonant_quality": _CONSONANT_QUALITIES,
    "vowel_quality": _VOWEL_QUALITIES,
    "stuff": _STUFF,
    "verb": _VERBS,
    "verbs": [_third_person(verb) for verb in _VERBS],
    "skill": _SKILLS,
    "state": _STATES,
    "place": _PLACES,
    "town_head": _TOWN_HEADS,
    "town_tail": _TOWN_TAILS,
    "title": _TITLES,
    "surname": _SURNAMES,
    "container": _CONTAINERS,
    "opener": _OPENERS,
    "time": _TIMES,
    "lead": list("123456789"),
    "digit": list("0123456789"),
}


@cache
def grammar() -> Grammar:
    """Return the prefix-free grammar, which is not recursive within a sentence.

    Its start symbols are `sentence` and `paragraph`.
    """
    return Grammar(with_capitals(written_out(_RULES) | lists(_LISTS)))


def make(options: Options) -> str:
    """Return the corpus, one paragraph per line, with single spaces between sentences."""
    return draw_text(grammar(), "paragraph", options)


def floor(options: Options, task: str) -> Floor | None:
    """Return the floor for a task, in nats per character.

    The separator between two sentences counts as one character. For `sentences`, it is EOS, which
    is certain after `.`, `?` or `!`: (entropy of a sentence) / (its expected characters + 1). For
    `stream`, it is a space or a line end, which adds entropy: (entropy of a paragraph) / (its
    expected characters with separators). On a tenth of the file, the loss of the best model differs
    from the floor by about 0.004, because a tenth is only a sample.
    """
    if task == "stream":
        paragraph = grammar().expect("paragraph")
        return Floor(paragraph.entropy_nats / paragraph.num_chars)
    if task == "sentences":
        sentence = grammar().expect("sentence")
        return Floor(sentence.entropy_nats / (sentence.num_chars + 1))
    return None


def settings(options: Options) -> dict[str, str | float]:
    """Return a learning rate schedule with which a model comes near the floor in a few minutes.

    After ten epochs, the loss of an LSTM of 128 units is 0.03 nats per character lower than with
    the constant rate that is best for other texts.
    """
    return {"schedule": "cosine", "lr": 0.006}


CORPUS = MadeCorpus("sentences", make, floor, text_options(395_000), settings=settings)
