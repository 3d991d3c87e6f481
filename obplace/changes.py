"""What a user could ask instead: each change of the words of a deployment that may make a plan possible.

A *lever* is a word that can be changed, and a repair pulls it once at most, to one of its alternatives. These are all
levers, by kind, with the steps that an alternative counts:

``spread``, where roles run and beside whom
    a spread over fewer domains (a step each), over an inner level that the pool has (a step a level), or none at all,
    if the word is the user's own (as many steps as domains); up to three copies more in a domain (`limit`), fewer
    domains (`across`), a step each; machines that need not agree (`same`); the needs of a guest included in its host's;
    two roles on one server (two steps), machines that run something now (two); without one of the user's own words:
    survive, layout, where, alike, apart, together, one machine of a pin, one of a ban.
``level``, what machines must have
    one role at a lower level of the catalogue, in all that the user did not set (a step a level); a minimum of the
    user's back to the catalogue's; no headroom; a resource that is not checked (two steps).
``counts``, how much runs
    up to `FEWER` copies of a role fewer, down to one, or none of an optional role (a step each); fewer spare machines
    (a step each); without a total or ratio of the user's own.

What does not name a step counts one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment
from obplace.expand import expand
from obplace.members import Added, Alone, members
from obplace.problem import Problem
from obplace.quantity import show
from obplace.rules import Graded, Spread

FEWER = 8  # copies of a role by which a repair may go below what was asked
MORE = 3  # copies by which a limit may be raised
INNER = ("region", "idc", "zone", "rack")


class Kind(StrEnum):
    """What is conceded, in the order in which one would rather do so."""

    NEAR = "near"
    SPREAD = "spread"
    LEVEL = "level"
    COUNTS = "counts"


@dataclass(frozen=True)
class Edit:
    """One word set to a value, or left out where that is None; in a list of words the ``key`` is the word."""

    field: str
    key: str | None
    value: Any


@dataclass(frozen=True)
class Change:
    """One alternative of a lever: what it counts, what it does to the words, and a sentence on it."""

    kind: Kind
    lever: tuple[str, str]
    steps: int
    roles: frozenset[str]
    edits: tuple[Edit, ...]
    said: str


def changes(catalogue: Catalogue, deployment: Deployment, problem: Problem) -> tuple[Change, ...]:
    """Return every change that could be made, in fixed order."""
    return tuple(_Levers(catalogue, deployment, problem).all())


def edited(deployment: Deployment, edits: Iterable[Edit]) -> Deployment:
    """Return the deployment with some words changed."""
    blank = Deployment()
    for edit in edits:
        before = getattr(deployment, edit.field)
        after: Any
        match before:
            case Mapping():
                after = {key: value for key, value in before.items() if key != edit.key}
                after |= {} if edit.value is None else {edit.key: edit.value}
            case tuple():
                after = tuple(word for word in before if word != edit.key)
                after += () if edit.value is None else (edit.key,)
            case _:
                after = getattr(blank, edit.field) if edit.value is None else edit.value
        deployment = replace(deployment, **{edit.field: after})
    return deployment


class _Levers:
    """The words as they stand: the user's own, and all that hold."""

    def __init__(self, catalogue: Catalogue, deployment: Deployment, problem: Problem) -> None:
        self.own = deployment
        self.problem = problem
        self.said = expand(catalogue, deployment)[1]

    def all(self) -> Iterator[Change]:
        for role in self.problem.counts:
            yield from self.spread(role)
        yield from self.places()
        yield from self.sharing()
        for role in self.problem.counts:
            yield from self.level(role)
        yield from self.minimums()
        for role in self.problem.counts:
            yield from self.counts(role)
        yield from self.dropped()

    def spread(self, role: str) -> Iterator[Change]:
        """Fewer domains, an inner level, or none."""
        if role not in self.said.spread:
            return
        level, _, number = self.said.spread[role].partition(":")
        domains = next(
            (r.domains for r in self.problem.rules if isinstance(r, Spread) and (r.role, r.level) == (role, level)), 0
        )
        for fewer in range(domains - 1, 0, -1):
            said = f"{role} in {_number(fewer, level)} instead of {domains}"
            yield self.change(Kind.SPREAD, "spread", role, f"{level}:{fewer}", said, domains - fewer, role)
        inner = [each for each in INNER[INNER.index(level) + 1 :] if each in self.problem.pool.levels]
        for steps, each in enumerate(inner, start=1):
            said = f"{role} spread over {each}s instead of {level}s"
            yield self.change(Kind.SPREAD, "spread", role, f"{each}:{number}" if number else each, said, steps, role)
        if role in self.own.spread:
            yield self.change(Kind.SPREAD, "spread", role, None, f"{role} not spread over {level}s", domains, role)

    def places(self) -> Iterator[Change]:
        """More copies in a domain, fewer domains, machines that differ, machines that are used."""
        for key, most in self.said.limit.items():
            role, _, level = key.rpartition(".")
            for more in range(1, MORE + 1):
                said = f"at most {most + more} {role} in any one {level} instead of {most}"
                yield self.change(Kind.SPREAD, "limit", key, most + more, said, more, role)
        for key, least in self.said.across.items():
            role, _, level = key.rpartition(".")
            for fewer in range(1, least):
                said = f"{role} in at least {_number(least - fewer, level)} instead of {least}"
                yield self.change(Kind.SPREAD, "across", key, least - fewer, said, fewer, role)
        for key, where in self.said.same.items():
            role, _, column = key.rpartition(".")
            if role in self.problem.counts and where != "any" and column in self.problem.pool.columns:
                yield self.change(Kind.SPREAD, "same", key, "any", f"{role} on machines of any {column}", 1, role)
        for word in ("survive", "layout", "where", "alike"):
            for key, value in getattr(self.own, word).items():
                role = key if word == "survive" else key.rpartition(".")[0]
                yield self.change(Kind.SPREAD, word, key, None, f"without {word} {key}={value}", 1, role)
        for role, machines in self.own.pin.items():
            for name in machines:
                rest = tuple(other for other in machines if other != name)
                yield Change(
                    Kind.SPREAD,
                    ("pin", f"{role}={name}"),
                    1,
                    frozenset({role}),
                    (Edit("pin", role, rest or None),),
                    f"{role} need not run on {name}",
                )
        for name in self.own.ban:
            yield self.change(Kind.SPREAD, "ban", name, None, f"{name} may be used", 1)
        if not self.said.reuse and "runs" in self.problem.pool.columns:
            said = "machines that run something now count as free"
            yield Change(Kind.SPREAD, ("reuse", ""), 2, frozenset(), (Edit("reuse", None, True),), said)

    def sharing(self) -> Iterator[Change]:
        """Who may share a server with whom."""
        for member in members(self.problem):
            match member:
                case Added(guest, host):
                    pair, said = f"{guest}:{host}", f"the needs of {guest} included in those of {host}"
                    yield self.change(Kind.SPREAD, "included", pair, True, said, 1, guest, host)
                case Alone(first, second):
                    both = (Edit("share", f"{first}:{second}", True), Edit("share", f"{second}:{first}", True))
                    said = f"{first} and {second} may share a server"
                    roles = frozenset({first, second})
                    yield Change(Kind.SPREAD, ("share", f"{first}:{second}"), 2, roles, both, said)
                case _:
                    pass
        for word in ("apart", "together"):
            for text in getattr(self.own, word):
                yield self.change(Kind.SPREAD, word, text, None, f"without {word} {text}", 1, *text.split(":")[:2])

    def level(self, role: str) -> Iterator[Change]:
        """The role at a lower level, in all that nobody set nor sized."""
        levels, kinds = self.problem.catalogue.levels, self.problem.catalogue.kinds
        stepped = {
            name
            for rule in self.problem.rules
            if isinstance(rule, Graded) and rule.role == role
            for step in rule.steps
            for name, _ in step.needs
        }
        for steps, lower in enumerate(reversed(levels[: levels.index(self.problem.level)]), start=1):
            least = self.problem.catalogue.roles[role].minimums[lower].needs
            edits = tuple(
                Edit("minimum", f"{role}.{name}", show(least.get(name, 0), kinds[name]).replace(" ", ""))
                for name, need in self.problem.needs[role].items()
                if f"{role}.{name}" not in self.said.minimum
                and name not in stepped
                and not need.raised
                and need.base > least.get(name, 0)
            )
            if edits:
                said = f"{role} at the {lower} level"
                yield Change(Kind.LEVEL, ("level", role), steps, frozenset({role}), edits, said)

    def minimums(self) -> Iterator[Change]:
        """The catalogue's minimum instead of the user's, no headroom, resources that are not checked."""
        kinds = self.problem.catalogue.kinds
        for key in self.own.minimum:
            role, _, name = key.rpartition(".")
            need = self.problem.needs.get(role, {}).get(name)
            if need is not None and need.raised:
                said = f"{role} with the catalogue's {show(need.base, kinds[name])} of {name}"
                yield self.change(Kind.LEVEL, "minimum", key, None, said, 1, role)
        if self.problem.headroom:
            edits = (Edit("headroom", None, "0%"),)
            yield Change(Kind.LEVEL, ("headroom", ""), 1, frozenset(), edits, "nothing has to stay free")
        for name in self.problem.catalogue.resources:
            if any(name in needs for needs in self.problem.needs.values()):
                yield self.change(Kind.LEVEL, "waive", name, True, f"{name} is not checked", 2)

    def counts(self, role: str) -> Iterator[Change]:
        """Fewer copies, and fewer machines that may fail."""
        default = self.problem.catalogue.roles[role]
        asked = self.said.roles.get(role, default.copies)
        least, dots, most = str(asked).partition("..")
        governed = role in self.said.zones or any(
            role in key.replace(":", "+").split("+") for key in (*self.said.either, *self.said.every, *self.said.ratio)
        )
        if least.isdecimal() and not governed:
            lowest = 0 if default.optional else 1
            for fewer in range(1, min(FEWER, int(least) - lowest) + 1):
                left = int(least) - fewer
                said = f"{left} {role} instead of {least}"
                value = f"{left}..{most}" if dots else left
                yield self.change(Kind.COUNTS, "roles", role, value, said, fewer, role)
        for fewer in range(1, self.said.spare.get(role, 0) + 1):
            left = self.said.spare[role] - fewer
            said = f"{left} machines of {role} may fail instead of {left + fewer}"
            yield self.change(Kind.COUNTS, "spare", role, left, said, fewer, role)

    def dropped(self) -> Iterator[Change]:
        """Without one of the user's bounds on several roles."""
        for word, mark in (("total", "+"), ("ratio", ":")):
            for key, value in getattr(self.own, word).items():
                yield self.change(Kind.COUNTS, word, key, None, f"without {word} {key}={value}", 1, *key.split(mark))

    @staticmethod
    def change(kind: Kind, field: str, key: str, value: Any, said: str, steps: int, *roles: str) -> Change:
        return Change(kind, (field, key), steps, frozenset(roles), (Edit(field, key, value),), said)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
