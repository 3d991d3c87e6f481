"""Read the name of a topology, such as three-idcs:2 or 2-2-2, as the plain words that it stands for."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from obplace.catalogue import Catalogue, all_topologies, load, shipped, topologies
from obplace.deployment import Deployment

GRID = "n-n-n"  # the topology that 2-2-2 and its like are
LEAST_GRID = 3  # zones: of two, neither alone has the majority


def topology_words(catalogue: Catalogue, text: str) -> Deployment:
    """Return the words of the topology, its number of servers per zone filled in: 1 where none is said.

    Raises
    ------
    ValueError
        It does not exist, not for this catalogue, or not in these numbers.
    """
    name, colon, number = text.partition(":")
    zones = None
    if re.fullmatch(r"\d+(-\d+)*", name):
        sizes = [int(size) for size in name.split("-")]
        if why := _uneven(sizes, bool(colon)):
            raise ValueError(f"topology '{text}': {why}; expected three or more equal numbers such as 2-2-2")
        name, number, zones = GRID, str(sizes[0]), len(sizes)
    topology = all_topologies().get(name)
    if topology is None:
        raise ValueError(unknown(catalogue, "topology", name, topologies(catalogue)))
    if lacking := topology.lacking(catalogue):
        have = [each for each in shipped() if not topology.lacking(load(each))]
        others = f"; {', '.join(have)} {'have' if len(have) > 1 else 'has'} it" if have else ""
        raise ValueError(f"topology '{text}' needs {', '.join(lacking)}, not in {catalogue.name}{others}")
    if colon and not (number.isdecimal() and int(number)):
        raise ValueError(f"topology '{text}', expected {name}:N with N servers per zone, from 1 on")
    if colon and _filled(topology.words, number, zones) == topology.words:
        raise ValueError(f"topology '{text}' has no number of servers per zone, expected {name}")
    return as_they_stand(_filled(topology.words, number or "1", zones))


def as_they_stand(raw: Mapping[str, Any]) -> Deployment:
    """Return the deployment in words that need no check, such as those that ship."""
    return Deployment(**{field: _frozen(value) for field, value in raw.items()})


def unknown(catalogue: Catalogue, what: str, name: str, names: Iterable[str]) -> str:
    """Return what to say of a name that is not among ``names``, with the nearest."""
    names = list(names)
    near = difflib.get_close_matches(name, names, n=1)
    nearest = f" (nearest: {near[0]})" if near else ""
    there = f"there is {', '.join(names)}" if names else f"{catalogue.name} has none"
    return f"unknown {what} '{name}'{nearest}; {there}"


def _uneven(sizes: list[int], numbered: bool) -> str | None:
    """Return why it is no grid, the same number of servers in each of three zones or more."""
    if len(set(sizes)) > 1:
        return (
            "all zones of a tenant have the same number of units, so the zone with the fewest servers counts "
            "and more elsewhere lie idle"
        )
    if len(sizes) < LEAST_GRID:
        return f"{'a single zone keeps no' if len(sizes) == 1 else 'of two zones neither alone has the'} majority"
    if numbered or not sizes[0]:
        return "its numbers are the servers of each zone, from 1 on"
    return None


def _filled(raw: Any, number: str, zones: int | None) -> Any:
    """Return words with the number of servers in the place of N; those of a grid with its zones too."""
    match raw:
        case Mapping():
            return {key: _filled(value, number, zones) for key, value in raw.items()}
        case list():
            return [_filled(value, number, zones) for value in raw]
        case "N":
            return int(number)
        case str():
            text = re.sub(r"^\d+(?=xN$)", str(zones), raw) if zones else raw
            return re.sub(r"(?<![A-WYZa-wyz])N(?![A-Za-z])", number, text)
        case _:
            return raw


def _frozen(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _frozen(each) for key, each in value.items()}
        case list():
            return tuple(_frozen(each) for each in value)
        case _:
            return value
