"""Plans for preflights as a few lines of text, and what is found on them in short."""

from dataclasses import replace

from obplace.catalogue import Catalogue, load
from obplace.checklist import GIB, Settings
from obplace.plan import Assignment, Plan
from obplace.pool import Machine
from obplace.preflight import Finding, Preflight, preflight
from tests.small import BOOK

LATEST = load("oceanbase-4.2.5")  # with the arbitration service; a log disk of 3 times memory_limit
LOG_3 = replace(BOOK, disk=LATEST.disk)


def plan(text: str, catalogue: Catalogue = LOG_3) -> Plan:
    """Return the plan of a table: machine, roles with + between them, ip, memory and storage in GiB, arch, zone.

    What has no column is unknown, as is '-'; without a column of addresses each machine has its own.
    """
    head, *lines = [line.split() for line in text.strip().splitlines()]
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    return Plan(tuple(_assignment(row, number) for number, row in enumerate(rows, start=1)), catalogue)


def _assignment(row: dict[str, str], number: int) -> Assignment:
    cells = {key: None if cell == "-" else cell for key, cell in row.items()}
    name, roles = row["machine"], tuple(row["roles"].split("+"))
    size = {key: _bytes(cells.get(key)) for key in ("memory", "storage")}
    domains = {"zone": cells["zone"]} if "zone" in cells else {}
    ip = cells.get("ip", f"10.0.0.{number}")
    machine = Machine(name, 0, size, None, 1, domains, ip, cells.get("arch"), None, (), (), available=True)
    return Assignment(name, machine, roles, {}, {})


def _bytes(cell: str | None) -> int | None:
    """Return the bytes of so many GiB; '88-' is one byte less."""
    if cell is None:
        return None
    return int(cell.removesuffix("-")) * GIB - cell.endswith("-")


def settings(limit: int, log: int = 0, system: int | None = None) -> Settings:
    """Return settings in GiB."""
    return Settings(limit * GIB, log * GIB, None if system is None else system * GIB)


def flown(text: str, catalogue: Catalogue = LOG_3, **given: Settings) -> Preflight:
    """Return the preflight of the plan of a table, with what some machines are given."""
    return preflight(plan(text, catalogue), given)


def short(found: Preflight, *leave: str) -> list[str]:
    """Return each finding as 'error OBD-2000 memory_limit: a b', but for the checks to leave out."""
    return [_short(each) for each in found.findings if each.check not in leave]


def _short(each: Finding) -> str:
    return " ".join(filter(None, (each.severity.value, each.code, f"{each.check}:", *each.hosts)))


def one(found: Preflight, check: str) -> Finding:
    """Return the one finding of a check."""
    (answer,) = [each for each in found.findings if each.check == check]
    return answer
