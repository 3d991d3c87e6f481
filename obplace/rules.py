"""The rules a plan must keep, as data: filters on patterns, bounds on counts, choices between alternatives.

What one machine may run at all (minimums, sharing, copies per machine) is the catalogue's; here stands what
is asked beyond that. Each reader of a rule (model, verify, the tests' oracle) matches on the union and ends in
``assert_never``, so that a rule that a reader forgets is a type error.
"""

from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True)
class AtLeast:
    """A bound: at least ``copies`` copies of ``role`` run."""

    role: str
    copies: int


@dataclass(frozen=True)
class AtMost:
    """A bound: at most ``copies`` copies of ``role`` run."""

    role: str
    copies: int


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
class Pin:
    """A bound: at least one copy of ``role`` runs on ``machine``."""

    role: str
    machine: str


@dataclass(frozen=True)
class Ban:
    """A filter: ``machine`` runs nothing."""

    machine: str


Rule = AtLeast | AtMost | Survive | Spread | Pin | Ban


def sentence(rule: Rule) -> str:
    """Return the rule as a person would say it."""
    match rule:
        case AtLeast(role, copies):
            return f"at least {copies} {role}"
        case AtMost(role, copies):
            return f"at most {copies} {role}"
        case Survive(role, copies, failures):
            machines = "machine" if failures == 1 else "machines"
            return f"{copies} {role} still run after any {failures} {machines} failed"
        case Spread(role, level, domains):
            return f"{role} runs in exactly {domains} {level}{'' if domains == 1 else 's'}, evenly"
        case Pin(role, machine):
            return f"{role} runs on {machine}"
        case Ban(machine):
            return f"nothing runs on {machine}"
        case _:
            assert_never(rule)
