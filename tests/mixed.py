"""Random problems that mix all kinds of rules: old ones are drawn, words that change the answer are laid over them."""

from dataclasses import replace
from random import Random

from obplace.deployment import Deployment
from obplace.errors import ObplaceError
from tests.drawn import Drawn, Row, least
from tests.mixed_words import COLUMNS, KINDS, Scene
from tests.problems import Answer, answer, differ, plain

MOST_MACHINES = 8
TRIES = 4  # words of a kind that are tried before the kind is left out
IDLE = 0.3  # share of words that are kept though they change nothing
BLOCKING = 0.1  # share of words that are kept though they leave nothing possible
# Share of the kinds that are dropped in the end where they do nothing.
DROPPED = {
    "sharing": 0.4,
    "copies": 0.5,
    "disks": 1.0,
    **dict.fromkeys(("included", "minimum", "quantity", "runs"), 0.9),
}
DROPPED_ELSE = 0.7
FIRST = {"layout": 1.0, "survive": 0.5}  # share of the words of a kind that speak of zones, which come first then
# What can seldom be said, or seldom changes anything, is tried more often.
OFTEN = {"layout": 8, "across": 4, "size": 4, "observers_for": 4, "alike": 4, "budget": 4, "survive": 5, "limit": 3}


def mixed(seed: int) -> Drawn:
    """Return the problem of a seed: one of the old kinds of rules, with two to five of the new ones tried on top."""
    rng = Random(f"mixed {seed}")
    drawn = _base(rng)
    now = answer(drawn.pose())
    kinds = rng.sample(
        sorted(KINDS), rng.choice((2, 3, 3, 4, 5)), counts=[OFTEN.get(kind, 2) for kind in sorted(KINDS)]
    )
    for kind in dict.fromkeys(kinds):
        for each in ("zones", kind) if rng.random() < FIRST.get(kind, 0) else (kind,):
            if now is not None and not (each == "zones" and drawn.deployment.zones):
                drawn, now = _more(drawn, each, now, rng)
    return _tidied(drawn, now, rng)


def _more(drawn: Drawn, kind: str, now: Answer, rng: Random) -> tuple[Drawn, Answer]:
    """Return the problem with words of a kind that change its answer, and the new answer; the same if none are met."""
    for _ in range(TRIES):
        tried = _with(drawn, kind, now, rng)
        if tried is None:
            continue
        after = answer(tried.pose())
        chance = BLOCKING if after is None else 1.0 if differ(now, after) else IDLE
        if rng.random() < chance:
            return tried, after
    return drawn, now


def _tidied(drawn: Drawn, now: Answer, rng: Random) -> Drawn:
    """Drop most of what changes nothing."""
    for kind in drawn.kinds:
        if kind == "most" or rng.random() >= DROPPED.get(kind, DROPPED_ELSE):
            continue
        try:
            less = drawn.less(kind)
            if not differ(now, answer(less.pose())):
                drawn = less
        except ObplaceError:
            continue  # what is left contradicts itself
    return drawn


def _with(drawn: Drawn, kind: str, now: Answer, rng: Random) -> Drawn | None:
    """Return the problem with words of a kind added; None where there are none or they contradict what is said."""
    said = drawn.deployment
    counts = {role: least(copies) or 1 for role, copies in said.roles.items() if copies != 0}
    cost = None if now is None or "cost" not in now else now["cost"] / 10 ** drawn.pose().pool.price_decimals
    words = KINDS[kind](Scene(rng, drawn.catalogue, said, counts, cost))
    if words is None:
        return None
    changed = replace(drawn, deployment=Deployment(**words).over(said))
    try:
        changed.pose()
    except ObplaceError:
        return None
    return changed


def _base(rng: Random) -> Drawn:
    """Draw a possible problem of few machines, and give them places, architectures and tags."""
    matter = rng.choice(("sharing", "copies", None))  # the rules of the catalogue, in most problems the ones that do
    while True:
        drawn = plain(rng)
        machines = sum(int(row.get("quantity", 1)) for row in drawn.rows) + len(drawn.flaws.get("quantity", ()))
        if machines > MOST_MACHINES or (matter and matter not in drawn.kinds):
            continue
        drawn = _furnished(drawn, rng, MOST_MACHINES - machines)
        found = answer(drawn.pose())
        if found is not None and (matter is None or differ(found, answer(drawn.without(matter)))):
            return drawn


def _furnished(drawn: Drawn, rng: Random, room: int) -> Drawn:
    rows = [dict(row) for row in drawn.rows]
    for number in range(min(room, rng.randint(0, 3))):
        like = dict(rng.choice(drawn.rows))
        if "cost" in like:
            like["cost"] = rng.choice(drawn.rows)["cost"]
        rows.append(like | {"machine": f"x{number}"})
    if not drawn.deployment.spread:
        _place(rows, rng)
    for column, values in COLUMNS.items():
        usual = rng.choice(values)
        for row in rows:
            row[column] = rng.choice((usual, usual, *values, ""))
    return replace(drawn, rows=tuple(rows))


def _place(rows: list[Row], rng: Random) -> None:
    """Put the machines in few racks and IDCs; zones are the pool's, or blank on some or all machines."""
    zones = rng.choice(("all", "some", "none", "none"))
    for row in rows:
        idc = rng.choice(("north", "north", "south", "west"))
        named = zones == "all" or (zones == "some" and rng.random() < 0.4)
        row |= {
            "idc": idc,
            "rack": rng.choice(("r1", "r1", "r2")),
            "zone": f"{idc[0]}{rng.choice('12')}" if named else "",
        }
