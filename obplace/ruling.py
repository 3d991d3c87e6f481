"""From the user's words to rules: how many together, beside whom, on what, and for how much."""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import floor
from typing import Any

from obplace.catalogue import kind_of
from obplace.placing import Placing
from obplace.quantity import Kind, parse
from obplace.reading import ANY, spoken
from obplace.rules import (
    Alike,
    Apart,
    AtLeast,
    AtMost,
    Ban,
    Beside,
    Budget,
    Either,
    PerMachine,
    Pin,
    Ratio,
    Rule,
    Same,
    Where,
)

COLUMNS = ("arch", "os", "tags")


class Ruling(Placing):
    """The rules that the words of a deployment state, in one order for every way of saying them.

    ``defaults`` are the catalogue's own words: what they ask of a column that the pool does not have is left out.
    """

    defaults: Mapping[str, Any]

    def rules(self, priced: bool) -> tuple[Rule, ...]:
        """Return the rules; ``priced`` says whether the pool has prices."""
        return (
            *self.counts_and_places(),
            *self.groups(),
            *self.neighbours(),
            *self.labels(),
            *self.graded(),
            *self.money(priced),
            *self.named(),
        )

    def groups(self) -> Iterator[Rule]:
        """Yield the bounds over several roles, and the choices between them."""
        for key, said in self.said.total.items():
            where = f"total.{key}"
            roles = self.roles_of(where, key, "+")
            least, most = self.range(where, said)
            if roles and len(set(roles)) < len(roles):
                self.fault(where, f"total '{key}' names a role twice, expected ROLE+ROLE")
            elif roles and self.all_asked(where, roles):
                self.possible(where, f"total {key}", roles, least, most)
                if least:
                    yield AtLeast(tuple(roles), least)
                if most is not None:
                    yield AtMost(tuple(roles), most)
        for role, other, copies, per in self.ratios():
            if role in self.closed and other in self.closed:
                most, least = self.closed[role][1], -(-self.closed[other][0] * copies // per)
                if least > most:
                    of = f"{self.closed[other][0]} {other}"
                    self.fault(
                        f"ratio.{role}:{other}", f"ratio {role}:{other}: {of} want {least} {role}, at most {most} run"
                    )
                yield Ratio(role, other, copies, per)
        for options in self.options:
            yield Either(tuple((role, self.closed[role][1]) for role in options))

    def all_asked(self, key: str, roles: list[str]) -> bool:
        """May a copy of each of the roles run? Every one of which none may is noted."""
        return [role for role in roles if self.asked(key, role)] == roles

    def possible(self, key: str, what: str, roles: list[str], least: int, most: int | None) -> None:
        """Note where bounds on a group contradict those on its roles."""
        top = sum(self.closed[role][1] for role in roles)
        bottom = sum(self.closed[role][0] for role in roles if role not in self.optional)
        if least > top:
            self.fault(key, f"{what}: at least {least}, and at most {top} of them run")
        if most is not None and most < bottom:
            self.fault(key, f"{what}: at most {most}, and at least {bottom} of them run")

    def neighbours(self) -> Iterator[Rule]:
        """Yield who shares a machine or a domain with whom, and who does not."""
        apart: set[frozenset[str]] = set()
        for text in self.said.apart:
            names = text.split(":")
            level = names[2] if len(names) == 3 else None
            if len(names) not in (2, 3) or names[0] == names[1]:
                self.fault("apart", f"apart '{text}', expected two roles: ROLE:ROLE, or ROLE:ROLE:LEVEL")
            elif self.roles_of("apart", ":".join(names[:2])) and self.all_asked("apart", names[:2]):
                apart.add(frozenset(names[:2]))
                if level is not None:
                    for each in names[:2]:
                        self.read_level("apart", each, level, given=each in self.zones)
                yield Apart(names[0], names[1], level)
        beside = set()
        for text, role, other in self.pairs():
            self.can_meet(text, role, other, apart)
            beside.add(frozenset((role, other)))
            yield Beside(role, other)
        for agent, hosts in self.agents():
            for host in hosts if self.asked("every", agent) else ():
                kinds = [host] if host is not None else [role for role in self.closed if role != agent]
                for role in kinds:
                    if role in self.closed and self.closed[role][0] and role not in self.optional:
                        self.can_meet(f"every '{agent}:{host or ANY}'", role, agent, apart)
                        beside.add(frozenset((role, agent)))
                yield Beside(host, agent)
        if len(self.clones) > 1 and self.catalogue.free:
            yield PerMachine(self.clones, self.catalogue.roles[self.clones[0]].max_per_machine)
        yield from self.clashes(apart, beside)

    def pairs(self) -> Iterator[tuple[str, str, str]]:
        """Yield (word, role, other) where each server that runs the role runs the other too."""
        for text in self.said.together:
            names = self.roles_of("together", text)
            if names is not None and (len(names) != 2 or names[0] == names[1]):
                self.fault("together", f"together '{text}', expected two roles: ROLE:OTHER")
            elif names and self.all_asked("together", names):
                yield f"together '{text}'", names[0], names[1]

    def can_meet(self, word: str, role: str, other: str, apart: set[frozenset[str]]) -> None:
        """Note where a word wants two roles on one machine and something else does not let them."""
        key = word.partition(" ")[0]
        if frozenset((role, other)) in apart:
            self.fault(key, f"{word}: apart says that {role} and {other} never share a machine")
        elif not self.may_meet(role, other):
            self.fault(key, f"{word}: {role} and {other} may not share a server; share {other}:{role} allows it")

    def clashes(self, apart: set[frozenset[str]], beside: set[frozenset[str]]) -> Iterator[Rule]:
        """Keep apart the roles that may share a server and take the same port, and say so."""
        if "ports" in self.said.waive:
            return
        clones = frozenset(self.clones) if self.catalogue.free else frozenset()
        for one, other in combinations(self.ranges, 2):
            if one in clones and other in clones:
                continue  # how many of them a machine runs, and so whether they have other ports, is the catalogue's
            pair = frozenset((one, other))
            ports = sorted(set(self.catalogue.roles[one].ports) & set(self.catalogue.roles[other].ports))
            if not ports or not self.may_meet(one, other) or pair in apart:
                continue
            both = f"both take port {', '.join(map(str, ports))}"
            if pair in beside:
                key = "together" if self.said.together else "every"
                self.fault(key, f"{one} and {other} are to share servers, and {both}; waive ports if one has others")
            else:
                self.beyond.append(
                    f"{one} and {other} share no server: {both} (--waive ports once one of them is given others)"
                )
                yield Apart(one, other, None)

    def may_meet(self, one: str, other: str) -> bool:
        """Could both run on one machine by what may share?"""
        ones, others = self.hosts.get(one, frozenset()), self.hosts.get(other, frozenset())
        return self.catalogue.free or other in ones or one in others or bool(ones & others)

    @cached_property
    def hosts(self) -> dict[str, frozenset[str]]:
        """The roles that may run and whose guest a role may be, by that role."""
        found: dict[str, set[str]] = {}
        for guest, host in self.included | self.added:
            found.setdefault(guest, set()).add(host)
        return {guest: frozenset(hosts & self.ranges.keys()) for guest, hosts in found.items()}

    @cached_property
    def clones(self) -> tuple[str, ...]:
        """The roles of several clusters, those of one too, in catalogue order."""
        return tuple(role for role in self.closed if kind_of(role) == self.catalogue.cluster)

    def labels(self) -> Iterator[Rule]:
        """Yield what the machines of a role have to be, or have to have in common."""
        for key, text in self.said.where.items():
            values = tuple(value.strip() for value in text.removeprefix("!").split("|") if value.strip())
            if not values:
                self.fault(f"where.{key}", f"where {key} is '{text}', expected VALUE, VALUE|VALUE or !VALUE")
            elif pair := self.column("where", key, COLUMNS):
                yield Where(*pair, values, allowed=not text.startswith("!"))
        for key, text in self.said.same.items():
            if text == ANY:
                continue
            if not (pair := self.column("same", key, COLUMNS[:2])):
                continue
            level = None if text == "all" else text
            if level is None or self.read_level(f"same.{key}", pair[0], level, given=pair[0] in self.zones):
                yield Same(*pair, level)
        for key, text in self.said.alike.items():
            where = f"alike.{key}"
            pair = self.keyed("alike", key, "ROLE.RESOURCE such as observer.memory")
            if pair and self.known(where, "resource", pair[1], self.catalogue.resources) and self.asked(where, pair[0]):
                yield Alike(*pair, None if text == ANY else self.difference(where, pair[1], text))

    def difference(self, key: str, resource: str, text: str) -> int:
        """Return a difference in base units; a share is one of the pool's largest."""
        kind = self.catalogue.resources[resource].kind
        if text.strip().endswith("%") and kind is not Kind.CLASS:
            return floor(self.percent(key, text) * self.pool.largest.get(resource, 0))
        try:
            return parse(text, kind)
        except ValueError as error:
            self.fault(key, f"{spoken(key)} is '{text}', {error}")
            return 0

    def column(self, field: str, key: str, columns: tuple[str, ...]) -> tuple[str, str] | None:
        """Return role and column of a word; None where something is wrong, or where only the catalogue asks for it."""
        where = f"{field}.{key}"
        pair = self.keyed(field, key, f"ROLE.COLUMN with {', '.join(columns)}")
        if pair is None or not self.known(where, "column", pair[1], columns) or not self.asked(where, pair[0]):
            return None
        if pair[1] in self.pool.columns:
            return pair
        if self.defaults.get(field, {}).get(f"{kind_of(pair[0])}.{pair[1]}") is None:
            self.lacks(f"{self.pool.source} has no column '{pair[1]}', which {field} {key} reads", where)
        return None

    def money(self, priced: bool) -> Iterator[Rule]:
        """Yield the budget."""
        if self.said.budget is None:
            return
        match = re.fullmatch(r"((?:\d{1,3}(?:[,_ ]\d{3})+|\d+)(?:\.\d+)?)\s*([A-Za-z]{3})?", self.said.budget.strip())
        if match is None:
            self.fault("budget", f"budget '{self.said.budget}', expected an amount such as 50000 or '50,000 USD'")
            return
        if match[2] and self.pool.currency and match[2].upper() != self.pool.currency:
            self.fault(
                "budget", f"budget '{self.said.budget}': the prices of {self.pool.source} are {self.pool.currency}"
            )
        if not priced:
            self.lacks(f"{self.pool.source} has no prices: add a column 'cost', or leave the budget out", "budget")
        amount = Fraction(re.sub("[,_ ]", "", match[1])) * 10**self.pool.price_decimals
        yield Budget(floor(amount), self.said.budget.strip())

    def named(self) -> Iterator[Rule]:
        """Yield the rules on machines by name."""
        for role, names in sorted(self.said.pin.items()):
            if self.known(f"pin.{role}", "role", role, self.catalogue.roles):
                self.asked(f"pin.{role}", role)
                yield from (Pin(role, name) for name in names)
        yield from (Ban(name) for name in self.said.ban)

    def graded(self) -> Iterator[Rule]:
        """Yield the choices of a step, where what a role needs is not known before the number of another is."""
        yield from self.steps.values()
