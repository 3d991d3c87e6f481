"""A problem that keeps the search busy for minutes: roles of odd sizes, anything may share, every machine differs."""

from random import Random

from obplace.problem import Problem
from tests.tiny import catalogue, tiny

ROLES = 11
MACHINES = 20


def needs() -> dict[str, int]:
    """Return how many units each role needs."""
    rng = Random(3)
    return {f"r{number}": rng.randint(101, 399) for number in range(ROLES)}


def rows() -> list[dict[str, int | str]]:
    """Return the machines: name, units and cost."""
    rng = Random(4)
    return [
        {"machine": f"m{number}", "units": rng.randint(500, 1500), "cost": rng.randint(1000, 9999)}
        for number in range(MACHINES)
    ]


def hard() -> Problem:
    """Return the problem; a first plan is quickly found, and the least cost is not."""
    return tiny(catalogue(needs(), free=True), rows(), minimize=("cost",))


def catalogue_file() -> str:
    """Return the catalogue as a file holds it."""
    head = 'schema = "obplace.catalogue/1"\nname = "hard"\ntitle = "Hard"\nsource = "the tests"\nlevels = ["only"]\n'
    head += 'colocation = "free"\n[resources]\nunits = { kind = "count", combine = "sum" }\n'
    return head + "".join(
        f'[[roles]]\nname = "{name}"\n[roles.minimum.only]\nneeds = {{ units = "{units}" }}\n'
        for name, units in needs().items()
    )


def pool_file() -> str:
    """Return the machines as a file holds them."""
    return "machine,units,cost\n" + "".join(f"{row['machine']},{row['units']},{row['cost']}\n" for row in rows())
