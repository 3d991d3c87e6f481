"""Where what is bought may stand: in the places that an offer names, or where machines stand already."""

import re
from collections.abc import Sequence
from itertools import product
from typing import cast

import numpy as np

from obplace.pool.domains import combine
from obplace.pool.pool import Pool
from obplace.pool.raw import Column

Place = tuple[str | None, ...]  # a name, or None, by level


def names_in(cell: int | str | None) -> tuple[str, ...]:
    """Return the names in a cell, with '|' or ';' between them."""
    return tuple(dict.fromkeys(name for part in re.split("[|;]", str(cell or "")) if (name := part.strip())))


def standing(pool: Pool | None, levels: Sequence[str]) -> set[Place]:
    """Return the places in which machines stand that are owned."""
    found: set[Place] = set()
    for batch in pool or ():
        codes = Column(np.zeros(batch.size, np.int32), (0,))
        tuples: list[Place] = [()]
        for level in levels:
            column = batch.column(level)
            joint, pairs = combine(codes, column)
            tuples = [(*tuples[i], cast("str | None", column.values[j])) for i, j in pairs]
            codes = Column(joint, tuple(range(len(tuples))))
        found |= set(tuples)
    return found


def places_of(
    cells: Sequence[tuple[tuple[str, ...], ...]], levels: Sequence[str], known: set[Place]
) -> tuple[list[Place], list[list[int]]]:
    """Return all places, and for each list of names by level the places that it allows, in order.

    What is not named at a level follows from where machines stand already, or is anywhere; racks have to be named.
    """
    racks = [index for index, level in enumerate(levels) if level == "rack"]
    roomy = {tuple(None if index in racks else name for index, name in enumerate(place)) for place in known}
    allowed: list[set[Place]] = []
    for names in cells:
        all_ = known if any(names[index] for index in racks) else roomy
        inside = {
            place for place in all_ if all(not own or name in own for own, name in zip(names, place, strict=True))
        }
        said = {tuple(name if own else None for own, name in zip(names, place, strict=True)) for place in inside}
        fresh = set(product(*(own or (None,) for own in names))) - said if any(names) else set()
        allowed.append(inside | fresh)
    everywhere = roomy | {
        tuple(None if index in racks else name for index, name in enumerate(place))
        for each in allowed
        for place in each
    }
    allowed = [
        each if any(names) else everywhere or {(None,) * len(levels)}
        for names, each in zip(cells, allowed, strict=True)
    ]
    places = sorted({place for each in allowed for place in each}, key=lambda place: [name or "" for name in place])
    numbers = {place: number for number, place in enumerate(places)}
    return places, [sorted(numbers[place] for place in each) for each in allowed]
