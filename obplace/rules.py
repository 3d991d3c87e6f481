"""The rules a plan must keep, as data: filters on patterns, bounds on counts, choices between alternatives.

What one machine may run by the catalogue (minimums, sharing, copies per machine) is not repeated here. Each reader
of a rule (rows, verify, the tests' oracle) matches on the union and ends in ``assert_never``, so that a rule that a
reader forgets is a type error.

A *zone* of a role is a domain of level ``zone`` in which it runs: the pool's own where the pool names it, otherwise
the one that the plan gives to the machine. ``levels`` says which levels a rule reads, and of which roles.
"""

from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True)
class AtLeast:
    """A bound: at least ``copies`` copies of ``roles`` together run."""

    roles: tuple[str, ...]
    copies: int


@dataclass(frozen=True)
class AtMost:
    """A bound: at most ``copies`` copies of ``roles`` together run."""

    roles: tuple[str, ...]
    copies: int


@dataclass(frozen=True)
class Ratio:
    """A bound: at least ``copies`` copies of ``role`` run for every ``per`` copies of ``other``, in proportion."""

    role: str
    other: str
    copies: int
    per: int


@dataclass(frozen=True)
class Survive:
    """A choice: whichever ``failures`` machines fail, ``copies`` copies of ``role`` still run.

    The alternatives are t = 1, 2, ...: machines count with at most t of their copies each, and these are at
    least copies + failures * t. One of them holds if and only if enough is left.
    """

    role: str
    copies: int
    failures: int


@dataclass(frozen=True)
class Spread:
    """A choice: ``role`` runs in exactly ``domains`` domains of ``level``, as evenly as can be, and nowhere else."""

    role: str
    level: str
    domains: int


@dataclass(frozen=True)
class Limit:
    """A bound: no domain of ``level`` holds more than ``copies`` copies of ``role``."""

    role: str
    level: str
    copies: int


@dataclass(frozen=True)
class Across:
    """A choice: ``role`` runs in at least ``domains`` domains of ``level``."""

    role: str
    level: str
    domains: int


@dataclass(frozen=True)
class Layout:
    """A choice: the zones of ``role`` lie in as many domains of ``level`` as ``zones`` has numbers, so many in each.

    A zone lies in every domain in which it has a machine that runs the role.
    """

    role: str
    level: str
    zones: tuple[int, ...]


@dataclass(frozen=True)
class Within:
    """A choice: all copies of ``role`` in one zone lie in one domain of ``level``."""

    role: str
    level: str


@dataclass(frozen=True)
class Majority:
    """A choice: whichever domain of ``level`` is lost, more than half of the votes of ``role`` are left.

    The votes are its ``zones``, each lost with any of its machines; where ``zones`` is None, its copies. One copy of
    ``arbiter`` adds a vote when their number is even.
    """

    role: str
    level: str
    zones: int | None
    arbiter: str | None


@dataclass(frozen=True)
class Apart:
    """No machine runs both roles, a filter; with a ``level``, no domain of it does, a choice."""

    first: str
    second: str
    level: str | None


@dataclass(frozen=True)
class PerMachine:
    """A filter: no machine runs more than ``copies`` copies of ``roles`` together: of one role of several clusters."""

    roles: tuple[str, ...]
    copies: int


@dataclass(frozen=True)
class Beside:
    """A filter: every server that runs ``role``, or every server where that is None, runs ``other`` too."""

    role: str | None
    other: str


@dataclass(frozen=True)
class Where:
    """A filter: ``role`` runs only on machines whose ``column`` holds one of ``values``, or none of them.

    A machine whose cell is blank is not known to hold anything, so only the second kind may run there.
    """

    role: str
    column: str
    values: tuple[str, ...]
    allowed: bool


@dataclass(frozen=True)
class Same:
    """A choice: all machines that run ``role``, in each domain of ``level`` if one is given, agree in ``column``."""

    role: str
    column: str
    level: str | None


@dataclass(frozen=True)
class Alike:
    """A choice: between machines that run ``role`` the ``resource`` differs by at most ``most``, in base units.

    Where ``most`` is None any difference will do; it may still be an objective.
    """

    role: str
    resource: str
    most: int | None


@dataclass(frozen=True)
class Step:
    """One alternative of `Graded`.

    Attributes
    ----------
    low, high
        Copies of the role that decides, both counted in.
    needs
        (resource, amount in base units) that one copy then needs at least.
    data
        Bytes of data disk that its machine must have for it, 0 for none: what is left of the storage beside logs.
    """

    low: int
    high: int
    needs: tuple[tuple[str, int], ...]
    data: int = 0


@dataclass(frozen=True)
class Graded:
    """A choice: what a copy of ``role`` needs goes by the number of copies of ``by``."""

    role: str
    by: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Either:
    """A choice: exactly one of the roles runs, with so many copies, and the others do not."""

    options: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Budget:
    """A bound: the servers cost at most ``amount`` together, in the pool's smallest unit; ``said`` by the user."""

    amount: int
    said: str


@dataclass(frozen=True)
class Pin:
    """A bound: at least one copy of ``role`` runs on ``machine``."""

    role: str
    machine: str


@dataclass(frozen=True)
class Ban:
    """A filter: ``machine`` runs nothing."""

    machine: str


@dataclass(frozen=True)
class Buy:
    """A choice for each offer: one of its prices, for as many machines as that is for, or none of it.

    What is bought is no less than what is used, and no more than the stock.
    """


Rule = (
    AtLeast
    | AtMost
    | Ratio
    | Survive
    | Spread
    | Limit
    | Across
    | Layout
    | Within
    | Majority
    | Apart
    | PerMachine
    | Beside
    | Where
    | Same
    | Alike
    | Graded
    | Either
    | Budget
    | Pin
    | Ban
    | Buy
)


def levels(rule: Rule) -> tuple[tuple[str, str], ...]:
    """Return (role, level) for each level whose domains the rule counts the role in."""
    match rule:
        case Spread(role, level, _) | Limit(role, level, _) | Across(role, level, _):
            return ((role, level),)
        case Layout(role, level, _) | Within(role, level):
            return ((role, level), (role, "zone"))
        case Majority(role, level, zones, arbiter):
            read = [(role, level)]
            read += [(role, "zone")] if zones is not None else []
            read += [(arbiter, level)] if arbiter is not None else []
            return tuple(read)
        case Apart(first, second, str(level)):
            return ((first, level), (second, level))
        case Same(role, _, str(level)):
            return ((role, level),)
        case _:
            return ()


def sentence(rule: Rule) -> str:
    """Return the rule as a person would say it."""
    match rule:
        case AtLeast(roles, copies):
            return f"at least {copies} {_together(roles)}"
        case AtMost(roles, copies):
            return f"at most {copies} {_together(roles)}"
        case Ratio(role, other, copies, per):
            return f"at least {copies} {role} for every {per} {other}"
        case Survive(role, copies, failures):
            return f"{copies} {role} still run after any {_number(failures, 'machine')} failed"
        case Spread(role, level, domains):
            return f"{role} runs in exactly {_number(domains, level)}, evenly"
        case Limit(role, level, copies):
            return f"at most {copies} {role} in any one {level}"
        case Across(role, level, domains):
            return f"{role} runs in at least {_number(domains, level)}"
        case Layout(role, level, zones):
            each = "-".join(map(str, zones))
            return f"the zones of {role} lie in exactly {_number(len(zones), level)}, {each}"
        case Within(role, level):
            return f"every zone of {role} lies in one {level}"
        case Majority(role, level, zones, arbiter):
            votes = ("copies" if zones is None else f"{zones} zones") + (f" and the {arbiter}" if arbiter else "")
            return f"{role} keeps the majority of its {votes} after the loss of any one {level}"
        case Apart(first, second, level):
            return f"{first} and {second} share no {level or 'server'}"
        case PerMachine(roles, copies):
            return f"at most {copies} {roles[0].partition('@')[0]} on a server, whichever the clusters"
        case Beside(role, other):
            return f"every server that runs {role} runs {other} too" if role else f"every server runs {other}"
        case Where(role, column, values, allowed):
            return f"{role} runs only where {column} is {'' if allowed else 'not '}{' or '.join(values)}"
        case Same(role, column, level):
            return f"all {role}{f' of one {level}' if level else ''} run on the same {column}"
        case Alike(role, resource, None):
            return f"the {resource} of the servers of {role} may differ"
        case Alike(role, resource, most):
            return f"the {resource} of the servers of {role} differs by at most {most:,} base units"
        case Graded(role, by, steps):
            return f"what {role} needs goes by the number of {by}, in {_number(len(steps), 'step')}"
        case Either(options):
            return f"exactly one of {' or '.join(f'{copies} {role}' for role, copies in options)}"
        case Budget(_, said):
            return f"the servers cost at most {said}"
        case Pin(role, machine):
            return f"{role} runs on {machine}"
        case Ban(machine):
            return f"nothing runs on {machine}"
        case Buy():
            return "what is bought keeps the stock, the minimum orders and the price breaks of the offers"
        case _:
            assert_never(rule)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _together(roles: tuple[str, ...]) -> str:
    return roles[0] if len(roles) == 1 else f"{' and '.join(roles)} together"
