"""Catalogues to draw random problems over: the one that ships, and made up ones."""

from functools import cache
from itertools import permutations
from random import Random

from obplace.catalogue import Catalogue, load
from obplace.catalogue.load import build


@cache
def oceanbase() -> Catalogue:
    """Return the catalogue that ships."""
    return load()


def made_up(rng: Random) -> Catalogue:
    """Return a catalogue of two to five roles over two resources that add up and often one that does not."""
    names = ["web", "db", "cache", "queue", "cron"][: rng.randint(2, 5)]
    resources = ["units", "blocks", "grade"][: rng.randint(2, 3)]
    pairs = [pair for pair in permutations(names, 2) if rng.random() < 0.35]
    roles = []
    for name in names:
        needs = {"units": rng.randint(2, 12) * 5, "blocks": rng.choice((0, 5, 10, 20, 40)), "grade": rng.randint(0, 2)}
        roles.append(
            {
                "name": name,
                "max_per_machine": rng.choice((1, 1, 1, 2, 2, 3)),
                "quorum": rng.random() < 0.2,
                "minimum": {"only": {"needs": {each: str(needs[each]) for each in resources}}},
                # The last completes the votes of the first.
                **({"arbitrates": names[0]} if name == names[-1] else {}),
            }
        )
    combine = {"units": "sum", "blocks": "sum", "grade": "max"}
    return build(
        {
            "name": "random",
            "title": "random",
            "source": "a random draw",
            "levels": ["only"],
            "colocation": rng.choice(("free", "listed")),
            "resources": {each: {"kind": "count", "combine": combine[each]} for each in resources},
            "roles": roles,
            "sharing": [
                {"guest": guest, "host": host, "how": rng.choice(("included", "added"))} for guest, host in pairs
            ],
            "sizing": _sizing(names[0], names[1]),
        }
    )


def _sizing(role: str, other: str) -> list[dict[str, object]]:
    """Return what a role needs by the users that it serves, and by how many copies of another one run."""
    grades = ((1, 15), (2, 30), (3, 45), (9, 60))
    return [
        {"role": role, "part": "users", "by": "users", "unit": "users", "per": {"units": "5"}},
        {
            "role": role,
            "part": "peers",
            "by": "peers",
            "unit": "peers",
            "of": other,
            "steps": [{"upto": upto, "needs": {"units": str(units)}} for upto, units in grades],
        },
    ]
