"""Random problems with more racks than a plan can touch, where leaving racks out has something to do."""

from random import Random

from obplace.catalogue import Catalogue
from obplace.problem import Problem
from tests.tiny import catalogue, tiny

LEVELS = ("rack", "idc", "zone")


def racked(seed: int, *, shuffled: bool = False) -> Problem:
    """Return the problem of a seed: two or three roles, up to 40 racks of a few machines, few distinct prices."""
    rng = Random(seed)
    kit = _kit(rng)
    roles = list(kit.roles)
    counts = {role: rng.choice((1, 1, 2, 3) if index else (2, 2, 3)) for index, role in enumerate(roles)}
    crossing = rng.random() < 0.3  # racks that lie across zones
    rows = []
    for rack in range(rng.randint(8, 40)):
        zone = f"z{rng.randrange(3)}"
        for number in range(rng.randint(1, 4)):
            rows.append(
                {
                    "machine": f"m{rack}.{number}",
                    "units": rng.choice((10, 15, 20, 30, 40)),
                    "cost": rng.randint(1, 9),
                    "rack": f"r{rack}",
                    "zone": f"z{rng.randrange(3)}" if crossing else zone,
                    "quantity": 1 + (rng.random() < 0.15),
                }
            )
    spread = {roles[0]: _spread(rng, counts[roles[0]], "rack")}
    for role in roles[1:]:
        if rng.random() < 0.5:
            spread[role] = _spread(rng, counts[role], rng.choice(("rack", "zone")))
    said = {"roles": counts, "spread": spread, "minimize": rng.choice((("cost",), ("servers",)))}
    said |= _by_rack(rng, roles, counts, spread)
    if rng.random() < 0.2:
        said["pin"] = {roles[0]: (rng.choice(rows)["machine"],)}
    if rng.random() < 0.2:
        said["spare"] = {rng.choice(roles): 1}
    if shuffled:
        rng.shuffle(rows)
    return tiny(kit, rows, **said)


def _by_rack(rng: Random, roles: list[str], counts: dict[str, int], spread: dict[str, str]) -> dict[str, object]:
    """Return what else is said of racks, at times instead of the even spread of the first role."""
    first = roles[0]
    kind = rng.choice(("", "", "limit", "across", "survive", "apart"))
    if kind in ("limit", "across", "survive"):
        del spread[first]
    match kind:
        case "limit":
            return {"limit": {f"{first}.rack": rng.choice((1, 1, 2))}}
        case "across":
            return {"across": {f"{first}.rack": rng.randint(1, counts[first])}}
        case "survive":
            counts[first] = 3
            return {"survive": {first: "rack"}}
        case "apart":
            return {"apart": (f"{first}:{roles[1]}:rack",)}
        case _:
            return {}


def _kit(rng: Random) -> Catalogue:
    names = ["web", "db", "bus"][: rng.choice((2, 3))]
    pairs = [(guest, host) for guest in names for host in names if guest != host and rng.random() < 0.5]
    needs = {name: rng.choice((5, 10, 15, 20)) for name in names}
    return catalogue(needs, most=rng.choice((1, 1, 2)), added=pairs, free=rng.random() < 0.2)


def _spread(rng: Random, copies: int, level: str) -> str:
    return f"{level}:{rng.randint(1, copies)}"
