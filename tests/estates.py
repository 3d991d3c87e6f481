"""Fleets as files, for the command: a catalogue in which anything may share a machine, and a table of machines."""

from collections.abc import Mapping, Sequence
from pathlib import Path

ROLES = 24  # with three copies of each on a machine at most: far more sets than can be listed


def catalogue(folder: Path, needs: Mapping[str, tuple[str, str]] = {}, roles: int = ROLES, most: int = 3) -> Path:
    """Write a catalogue of role0, role1, ... with small needs; some of them given as (cpu, memory)."""
    path = folder / "estate.toml"
    lines = [
        'schema = "obplace.catalogue/1"\nname = "estate"\ntitle = "Estate"\nsource = "made up"\nlevels = ["only"]',
        'colocation = "free"\nsharing = []\n[resources]',
        'cpu = { kind = "cpu", combine = "sum" }\nmemory = { kind = "memory", combine = "sum" }',
    ]
    for number in range(roles):
        name = f"role{number}"
        cpu, memory = needs.get(name, (str(1 + number % 7), f"{4 + number * 3 % 11} GB"))
        lines.append(
            f'[[roles]]\nname = "{name}"\ntitle = "Role {number}"\ncopies = 2\nmax_per_machine = {most}\n'
            f'source = "made up"\n[roles.minimum.only]\n'
            f'needs = {{ cpu = "{cpu}", memory = "{memory}" }}\nsource = "made up"'
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def machines(number: int = 40) -> list[str]:
    """Return rows of machines of some 40 cores and 64 GB, in four racks."""
    return [f"m{n},{40 + n % 5},{64 + n % 7} GB,{5 + n % 3},r{n % 4}" for n in range(number)]


def table(folder: Path, rows: Sequence[str], columns: str = "machine,cpu,memory,cost,rack") -> Path:
    """Write a pool."""
    path = folder / "estate.csv"
    path.write_text("\n".join((columns, *rows)) + "\n")
    return path
