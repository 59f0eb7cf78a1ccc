"""An endless French comedy from a probabilistic grammar, in the layout of a play.

A scene has two persons: its first line names them, then they speak in turns until one leaves. A
model must remember who speaks next (over a whole speech), the gender of the listener (*monsieur*,
*madame*) and of the speaker (*perdu*, *perdue*) in every sentence, the gender of a noun up to its
adjective, and the person of a verb.
"""

from __future__ import annotations

from functools import cache
from itertools import permutations

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

PERSONS = {
    "ARMELLE": "f", "BARNABÉ": "m", "CRISPIN": "m", "GASPARD": "m", "LISON": "f", "PERRINE": "f",
}  # fmt: skip

_RULES: Rules = {
    # Choices by gender: [of the speaker], <of the listener>, (of the noun).
    "speech[_m|_f]<_m|_f>": {"{sentence[_m|_f]<_m|_f>}{more[_m|_f]<_m|_f>}": 1},
    "more[_m|_f]<_m|_f>": {"\n\n": 3, " {sentence[_m|_f]<_m|_f>}{more[_m|_f]<_m|_f>}": 2},
    "sentence[_m|_f]<_m|_f>": {
        "{Said[_m|_f]<_m|_f>}": 9,
        "{Asked<_m|_f>}": 5,
        "{Call<_m|_f>} {Said[_m|_f]<_m|_f>}": 2,
        "{sigh}, {said[_m|_f]<_m|_f>}": 2,
    },
    "call<_m|_f>": {
        "<monsieur|madame>!": 3,
        "mon <cher ami|amie>!": 1,
        "<traître|traîtresse>!": 2,
        "<misérable|effrontée>!": 1,
        "<un voleur|une voleuse>!": 1,
    },
    "said[_m|_f]<_m|_f>": {
        "je suis [{state_m}|{state_f}]{end<_m|_f>}": 5,
        "je suis si [{state_m}|{state_f}] que je {verb_1} {object}.": 2,
        "je {verb_1} {object}{end<_m|_f>}": 5,
        "je vous {verb_1_to} {object}{end<_m|_f>}": 3,
        "je veux {infinitive} {object}, et vous aussi{end<_m|_f>}": 2,
        "vous êtes <{state_m}|{state_f}>{end<_m|_f>}": 3,
        "vous {verb_2} {object}, et moi je {verb_1} {object}.": 3,
        "(le {noun_m}|la {noun_f}) est (perdu|perdue){end<_m|_f>}": 2,
        "(mon {noun_m}|ma {noun_f}) est plus ({quality_m}|{quality_f}) que (le vôtre|la vôtre).": 3,
        "on m'a pris {object}, {place}!": 2,
        "il y a {amount} que je {verb_1} {object}.": 2,
    },
    "asked<_m|_f>": {
        "où est (le {noun_m}|la {noun_f}){ask<_m|_f>}": 3,
        "pourquoi {verb_2}-vous {object}{ask<_m|_f>}": 3,
        "êtes-vous <{state_m}|{state_f}>{ask<_m|_f>}": 2,
        "qui vous a dit de {infinitive} {object}{ask<_m|_f>}": 2,
        "(quel {noun_m}|quelle {noun_f}) {verb_2}-vous {place}{ask<_m|_f>}": 3,
    },
    "end<_m|_f>": {".": 5, ", <monsieur|madame>.": 2, "!": 2, ", {place}.": 2},
    "ask<_m|_f>": {"?": 4, ", <monsieur|madame>?": 1},
    "object": {
        "(le {noun_m}|la {noun_f})": 5,
        "(un {noun_m}|une {noun_f}) ({quality_m}|{quality_f})": 4,
        "(mon {noun_m}|ma {noun_f})": 2,
        "l'{noun_v} de mon oncle": 2,
        "{number} {nouns}": 2,
    },
    "amount": {"{number} {span}": 1},
    "manner[_m|_f]": {
        ".\n\n": 8,
        ", [seul|seule] un moment.\n\n": 1,
        ", riant.\n\n": 1,
        ", à part.\n\n": 2,
        ", [furieux|furieuse].\n\n": 1,
        ", à genoux.\n\n": 1,
    },
}

_LISTS = {
    "sigh": words("Ah, Eh bien, Hélas, Ma foi, Quoi, Tenez"),
    "noun_m": words("""
        billet, chapeau, cheval, coffre, contrat, diamant, fauteuil, jardin, mariage, miroir,
        notaire, panier, portrait, pourpoint, sac, secret, soufflet, testament, valet, verrou
    """),
    "noun_f": words("""
        bague, bourse, cave, chanson, clef, dot, fenêtre, fortune, lettre, maison, montre, perruque,
        porte, robe, serrure, tante, tisane, vache, vengeance, vérité
    """),
    "noun_v": words("argent, escalier, habit, héritage, étoffe, épée, horloge, oie, ombrelle"),
    "nouns": words("chandelles, cousins, ducats, fagots, médecins, neveux, pistoles, violons"),
    "number": words("cent, cinq, dix, mille, quatre, trois, vingt"),
    "span": words("ans, heures, jours, mois, nuits, semaines"),
    "quality_m": words("charmant, doré, fameux, joli, léger, maudit, neuf, pesant, ridicule"),
    "quality_f": words("""
        charmante, dorée, fameuse, jolie, légère, maudite, neuve, pesante, ridicule
    """),
    "state_m": words("""
        amoureux, content, fatigué, guéri, jaloux, malade, muet, perdu, prudent, ravi, ruiné, trahi
    """),
    "state_f": words("""
        amoureuse, contente, fatiguée, guérie, jalouse, malade, muette, perdue, prudente, ravie,
        ruinée, trahie
    """),
    "verb_1": words("cache, cherche, demande, garde, perds, porte, regrette, trouve, vends"),
    "verb_1_to": words("apporte, cache, demande, laisse, montre, offre, promets, rends, vends"),
    "verb_2": words("cachez, cherchez, demandez, gardez, perdez, portez, regrettez, vendez"),
    "infinitive": words("cacher, chercher, demander, garder, perdre, porter, trouver, vendre"),
    "place": words("""
        au jardin, ce soir, chez le notaire, dans la cave, derrière la porte, devant témoins,
        en secret, sans tarder, sous le lit
    """),
    "scene": words("première, deuxième, troisième, quatrième, cinquième, dernière"),
}


def _scenes() -> Rules:
    """Return the rules of the scenes: one scene for every two persons, who speak in turns."""
    rules: Rules = {"play": {}}
    for a, b in permutations(PERSONS, 2):
        one, other = PERSONS[a], PERSONS[b]
        rules["play"][f"{{scene_{a}_{b}}}"] = 1
        rules[f"scene_{a}_{b}"] = {f"SCÈNE {{scene}}. {a}, {b}.\n\n{{turn_{a}_{b}}}": 1}
        rules[f"turn_{a}_{b}"] = {
            f"{a}{{manner_{one}}}{{speech_{one}_{other}}}{{after_{a}_{b}}}": 1
        }
        rules[f"after_{a}_{b}"] = {
            f"{{turn_{b}_{a}}}": 7,
            f"{a.capitalize()} sort.\n\n": 1,
        }
    return rules


@cache
def grammar() -> Grammar:
    """Return the prefix-free grammar; its start symbol `play` expands to one scene."""
    rules = written_out(written_out(written_out(_RULES, "[]"), "<>"))
    return Grammar(with_capitals(rules | lists(_LISTS)) | _scenes())


def make(options: Options) -> str:
    """Return the corpus, scene by scene."""
    return draw_text(grammar(), "play", options)


def floor(options: Options, task: str) -> Floor | None:
    """Return the floor of the scenes as one stream, in nats per character.

    On a tenth of the file, the loss of the best model differs from the floor by about 0.005,
    because a tenth is only a sample.
    """
    if task != "stream":
        return None
    scene = grammar().expect("play")
    return Floor(scene.entropy_nats / scene.num_chars)


CORPUS = MadeCorpus("stream", make, floor, text_options(450_000))
