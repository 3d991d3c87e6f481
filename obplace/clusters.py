"""Several OceanBase clusters in one deployment: a role for each in the catalogue, and words that name that role."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,47}")  # what OceanBase accepts
MOST = 10_000  # clusters of one table
NAMED_SO = "expected a letter, then letters, digits and '_', 2 to 48 together"

# How the words of a field name roles: before a dot or alone, each part between colons, or each summand.
_NAMES = {
    **dict.fromkeys(("roles", "zones", "survive", "spread", "spare", "pin", "extra"), "."),
    **dict.fromkeys(("layout", "limit", "across", "where", "same", "alike", "minimum"), "."),
    **dict.fromkeys(("ratio", "either", "apart", "together", "every", "share", "included"), ":"),
    "total": "+",
}


def named(field: str, word: str) -> tuple[str, ...]:
    """Return the roles that a word of a field names: the key of a mapping, the text of a list; none elsewhere."""
    match _NAMES.get(field):
        case None:
            return ()
        case ".":
            return (word.partition(".")[0],)
        case mark:
            roles = word.split(mark)
            return tuple(roles[:2] if field == "apart" else roles)


def with_clusters(catalogue: Catalogue, role: str, names: Iterable[str], plain: bool) -> Catalogue:
    """Return the catalogue with ``role`` once for each cluster; ``plain`` keeps the role of no cluster too."""
    titles = {of(role, name): f"{catalogue.roles[role].title} of cluster {name}" for name in names}
    every = (*titles, role) if plain else tuple(titles)

    def kin(name: str) -> tuple[str, ...]:
        return every if name == role else (name,)

    roles = {}
    for name, each in catalogue.roles.items():
        for new in kin(name):
            roles[new] = replace(each, name=new, title=titles[new], optional=False) if new in titles else each
    pairs = tuple(
        replace(pair, guest=guest, host=host)
        for pair in catalogue.sharing
        for guest, host in product(kin(pair.guest), kin(pair.host))
    )
    advice = tuple(replace(each, role=new) for each in catalogue.advice for new in kin(each.role))
    return replace(catalogue, roles=roles, sharing=pairs, advice=advice)


def counted(words: Deployment) -> tuple[Deployment, list[tuple[str, str]]]:
    """Return the words with a table for each of several clusters that one table stands for, and the faults.

    ``count`` clusters of a table NAME are NAME_1, NAME_2 and on; a count that is none is left for others to refuse.
    """
    clusters: dict[str, Mapping[str, Any]] = {}
    places = dict(words.places)
    wrong: list[tuple[str, str]] = []

    def fault(name: str, text: str) -> None:
        place = next((places[key] for key in (f"clusters.{name}", "clusters") if key in places), "")
        wrong.append((place, f"cluster {name}: {text}"))

    for name, table in words.clusters.items():
        number = table.get("count")
        rest = {word: each for word, each in table.items() if word != "count"}
        if type(number) is not int or not 1 <= number <= MOST:
            clusters[name] = table
            continue
        if rest.get("pin"):
            fault(
                name, f"its {number} clusters cannot all run on one machine; give the one that is pinned its own table"
            )
        for copy in (f"{name}_{each}" for each in range(1, number + 1)):
            if copy in words.clusters or not NAME.fullmatch(copy):
                why = "has a table of its own" if copy in words.clusters else f"is no name of a cluster, {NAMED_SO}"
                fault(name, f"it counts to {number}, and {copy} {why}")
                break
            clusters[copy] = rest
            for end in ("", *(f".{word}" for word in rest)):
                if (place := places.get(f"clusters.{name}{end}")) is not None:
                    places[f"clusters.{copy}{end}"] = place
    return replace(words, clusters=clusters, places=places), wrong


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of clusters sorted, c_2 before c_10."""
    return sorted(names, key=lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)])


def of(role: str, cluster: str) -> str:
    """Return the name of a role of one of several clusters."""
    return f"{role}@{cluster}"


def renamed(words: Deployment, role: str, new: tuple[str, ...]) -> tuple[Deployment, list[tuple[str, str]]]:
    """Return the words with each of ``new`` in the place of ``role``, and the faults as (place or '', text).

    What a word says of a role, each of them is told; a word that already names one of them is stronger. A sum is
    taken over all of them. What nobody can mean of several at once is a fault.
    """
    changed: dict[str, Any] = {}
    places = dict(words.places)
    wrong: list[tuple[str, str]] = []
    for field in _NAMES:
        value = getattr(words, field)
        head = words.places.get(field)
        variants = {word: _variants(field, word, role, new) for word in value}
        for word in value:
            if len(new) > 1 and _of_one(field, word, role):
                place = words.places.get(f"{field}.{word}", head)
                wrong.append((place or "", f"{field} {word}: name the cluster that is meant, such as {new[0]}"))
        if isinstance(value, Mapping):
            said: dict[str, Any] = {}
            for word in sorted(value, key=lambda word: variants[word] == [word]):
                place = words.places.get(f"{field}.{word}", head)
                places.pop(f"{field}.{word}", None)
                for variant in variants[word]:
                    said[variant] = value[word]
                    if place:
                        places[f"{field}.{variant}"] = place
            changed[field] = said
        else:
            changed[field] = tuple(dict.fromkeys(variant for word in value for variant in variants[word]))
    return replace(words, **changed, places=places), wrong


def _variants(field: str, word: str, role: str, new: tuple[str, ...]) -> list[str]:
    mark = _NAMES[field]
    if mark == ".":
        name, dot, rest = word.partition(".")
        return [f"{each}{dot}{rest}" for each in (new if name == role else (name,))]
    parts = [new if part == role else (part,) for part in word.split(mark)]
    if mark == "+":
        return ["+".join(each for part in parts for each in part)]
    return [":".join(each) for each in product(*parts)]


def _of_one(field: str, word: str, role: str) -> bool:
    """Would the word, said of each of several clusters, contradict itself or say what nobody means?"""
    roles = named(field, word)
    match field:
        case "pin" | "ratio" | "either":
            return role in roles
        case "together":
            return role in roles[1:]
        case "every":
            return role == roles[0]
        case _:
            return False


def cluster_words(words: Deployment, role: str) -> Deployment:
    """Return what the tables of the clusters say, in words that name the role of each."""
    said: dict[str, dict[str, Any]] = {}
    places: dict[str, str] = {}

    def say(field: str, key: str, value: Any, *tables: str) -> None:
        said.setdefault(field, {})[key] = tuple(value) if isinstance(value, list | tuple) else value
        if place := next((words.places[each] for each in tables if each in words.places), None):
            places[f"{field}.{key}"] = place

    for name, table in words.clusters.items():
        where = (f"clusters.{name}", "clusters")
        for word, value in table.items():
            own = f"{where[0]}.{word}"
            if word == "topology" or value in (None, [], ()):
                continue  # a topology is read elsewhere; the others say nothing
            if isinstance(value, Mapping):
                for key, each in value.items():
                    say(word, f"{of(role, name)}.{key}", each, f"{own}.{key}", own, *where)
            else:
                say("roles" if word == "copies" else word, of(role, name), value, own, *where)
    return Deployment(**said, places=places)  # type: ignore[arg-type]  # the form of a cluster knows each word's kind
