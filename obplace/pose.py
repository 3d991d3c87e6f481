"""Read the user's words against the catalogue and the pool: a `Problem`, or all that is wrong with them."""

import difflib
from collections.abc import Iterable, Mapping
from fractions import Fraction

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError
from obplace.pool import Pool
from obplace.problem import MAJORITY, Need, Problem
from obplace.quantity import Kind, parse, percent, show
from obplace.rules import AtLeast, AtMost, Ban, Pin, Rule, Spread, Survive

LEVELS = ("region", "idc", "zone", "rack")
OBJECTIVES = ("servers", "cost")
MOST = 1_000_000  # copies of a role; what is beyond is a slip of the hand


def pose(catalogue: Catalogue, deployment: Deployment, pool: Pool) -> Problem:
    """Return the problem that the deployment states over the pool.

    Raises
    ------
    UsageError
        The deployment asks for what is unknown or contradicts itself; every fault is listed.
    DataError
        The pool lacks a column that the deployment reads; every one is listed.
    """
    words = _Reading(catalogue, deployment, pool)
    level = words.level()
    counts = words.counts()
    included, added = words.sharing()
    needs = words.needs(level, counts)
    objectives = words.objectives()
    headroom, tolerance = words.shares()
    words.machines()
    words.stop_if_wrong()
    words.columns(needs)
    domains = words.domains(counts)
    words.stop_if_wrong()
    if words.lacking:
        raise DataError(words.lacking)
    rules = words.rules(counts, domains)
    words.stop_if_wrong()
    return Problem(
        catalogue=catalogue,
        deployment=deployment,
        pool=pool,
        level=level,
        counts=counts,
        needs=needs,
        included=included,
        added=added,
        rules=rules,
        objectives=objectives,
        headroom=headroom,
        tolerance=tolerance,
        domains=domains,
        beyond=tuple(words.beyond),
    )


class _Reading:
    """The user's words against the catalogue and the pool; faults and liberties are collected on the way."""

    def __init__(self, catalogue: Catalogue, deployment: Deployment, pool: Pool) -> None:
        self.catalogue = catalogue
        self.said = deployment
        self.pool = pool
        self.wrong: list[str] = []
        self.in_file = True  # every fault so far stands in a deployment file
        self.lacking: list[str] = []
        self.beyond: list[str] = []

    def fault(self, key: str, text: str) -> None:
        """Note what is wrong with the word that the deployment has under ``key``, and where that stands."""
        place = self.said.places.get(key, self.said.places.get(key.partition(".")[0]))
        self.in_file = self.in_file and place is not None
        self.wrong.append(f"{place}: {text}" if place else text)

    def stop_if_wrong(self) -> None:
        if self.wrong:
            raise (DataError if self.in_file else UsageError)(self.wrong)

    def known(self, key: str, what: str, name: str, names: Iterable[str]) -> bool:
        """Is ``name`` among ``names``? If not, note it with the nearest."""
        names = list(names)
        if name in names:
            return True
        near = difflib.get_close_matches(name, names, n=1)
        nearest = f" (nearest: {near[0]})" if near else ""
        self.fault(key, f"unknown {what} '{name}'{nearest}; there is {', '.join(names)}")
        return False

    def level(self) -> str:
        level = self.said.level or self.catalogue.levels[0]
        self.known("level", "level", level, self.catalogue.levels)
        return level

    def counts(self) -> dict[str, int]:
        roles = self.catalogue.roles
        asked = {name: 0 if role.optional else role.copies for name, role in roles.items()}
        for name in self.said.extra:
            if self.known("extra", "role", name, roles):
                asked[name] = roles[name].copies
        if self.said.preset is not None and self.known("preset", "preset", self.said.preset, self.catalogue.presets):
            asked |= self.catalogue.presets[self.said.preset].roles
        for name, copies in self.said.roles.items():
            if self.known(f"roles.{name}", "role", name, roles):
                asked[name] = self.count(f"roles.{name}", copies)
        if not self.wrong and not any(asked.values()):
            self.fault("roles", "no role is left to place: ask for at least one copy of one role")
        return {name: copies for name, copies in asked.items() if copies}

    def asked(self, key: str, role: str, counts: Mapping[str, int]) -> bool:
        """Is any copy of the role asked for? If not, note that the word asks something of nobody."""
        if role not in counts:
            self.fault(key, f"{key.replace('.', ' ')}: no copy of it is asked for")
        return role in counts

    def count(self, key: str, copies: int) -> int:
        if not isinstance(copies, int) or not 0 <= copies <= MOST:
            what = key.replace("roles.", "role ").replace(".", " ")
            self.fault(key, f"{what}: {copies} copies, expected a whole number from 0 to {MOST:,}")
            return 0
        return copies

    def sharing(self) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
        how = {(pair.guest, pair.host): pair.included for pair in self.catalogue.sharing}
        if self.catalogue.free and self.said.included:
            self.fault("included", f"included: in {self.catalogue.name} any roles share, and what they need adds up")
        for text in self.said.included:
            guest, colon, host = text.partition(":")
            if not colon:
                self.fault("included", f"included '{text}', expected GUEST:HOST such as odp:observer")
                continue
            strangers = [
                name for name in (guest, host) if not self.known("included", "role", name, self.catalogue.roles)
            ]
            if not strangers:
                before = how.get((guest, host))
                if before is None:
                    self.beyond.append(f"{guest} may share a server with {host}, which the catalogue does not allow")
                if not before:
                    self.beyond.append(f"the needs of {guest} count as included in those of {host}")
                how[guest, host] = True
        included = frozenset(pair for pair, inside in how.items() if inside)
        return included, frozenset(how) - included

    def needs(self, level: str, counts: Mapping[str, int]) -> dict[str, dict[str, Need]]:
        """Return the needs by role and resource, user's minimums and waivers applied."""
        resources = self.catalogue.resources
        asked = self.minimums()
        waived = {name for name in self.said.waive if self.known("waive", "resource", name, resources)}
        self.beyond += [
            f"{name} is waived: nothing says that the machines have enough of it" for name in sorted(waived)
        ]
        if self.wrong:
            return {}
        needs: dict[str, dict[str, Need]] = {}
        for role in counts:
            stated = self.catalogue.roles[role].minimums[level].needs
            needs[role] = {}
            for resource in resources:
                base = stated.get(resource, 0)
                amount = asked.get((role, resource), base)
                if amount < base:
                    kind = resources[resource].kind
                    self.beyond.append(
                        f"{role} needs {show(amount, kind)} of {resource}, below the catalogue's {show(base, kind)}"
                    )
                if amount and resource not in waived:
                    needs[role][resource] = Need(min(base, amount), max(0, amount - base))
        return needs

    def minimums(self) -> dict[tuple[str, str], int]:
        answer = {}
        roles, resources = self.catalogue.roles, self.catalogue.resources
        for key, text in self.said.minimum.items():
            where = f"minimum.{key}"
            role, dot, resource = key.partition(".")
            if not dot:
                self.fault(where, f"minimum '{key}', expected ROLE.RESOURCE such as observer.memory")
                continue
            role_known = self.known(where, "role", role, roles)
            if self.known(where, "resource", resource, resources) and role_known:
                try:
                    answer[role, resource] = parse(text, resources[resource].kind, round_up=True)
                except ValueError as error:
                    self.fault(where, f"minimum {key} is '{text}', {error}")
        return answer

    def objectives(self) -> tuple[str, ...]:
        """What the user puts first, then the other; without prices, servers alone."""
        if {name for name in self.said.minimize if not self.known("minimize", "objective", name, OBJECTIVES)}:
            return ()
        if len(set(self.said.minimize)) < len(self.said.minimize):
            self.fault("minimize", f"minimize {','.join(self.said.minimize)} names an objective twice")
        priced = "cost" in self.pool.columns and self.pool.blanks.get("cost", 0) < len(self.pool)
        if "cost" in self.said.minimize and not priced:
            self.lacking.append(f"{self.pool.source} has no prices: add a column 'cost', or minimize servers")
        rest = tuple(name for name in OBJECTIVES if name not in self.said.minimize)
        return tuple(name for name in self.said.minimize + rest if name != "cost" or priced)

    def shares(self) -> tuple[Fraction, dict[str, Fraction]]:
        headroom = Fraction(0)
        tolerance: dict[str, Fraction] = {}
        if self.said.headroom is not None:
            headroom = self.share("headroom", self.said.headroom)
        for resource, text in self.said.tolerance.items():
            key = f"tolerance.{resource}"
            if not self.known(key, "resource", resource, self.catalogue.resources):
                continue
            if self.catalogue.resources[resource].kind is Kind.CLASS:
                self.fault(key, f"tolerance {resource}: a class has no percentage; waive it instead")
                continue
            tolerance[resource] = self.share(key, text)
            self.beyond.append(f"a machine may fall short of {resource} by {text}")
        return headroom, tolerance

    def share(self, key: str, text: str) -> Fraction:
        try:
            return percent(text)
        except ValueError as error:
            self.fault(key, f"{key.replace('.', ' ')} is '{text}', {error}")
            return Fraction(0)

    def machines(self) -> None:
        """Every machine that is pinned or banned must exist, as a row of its own."""
        named = [(name, f"pin.{role}") for role, names in self.said.pin.items() for name in names]
        pinned = {name for name, _ in named}
        named += [(name, "ban") for name in self.said.ban]
        found = self.pool.find([name for name, _ in named]) if named else {}
        rows = dict(zip(found, self.pool.take(list(found.values())), strict=True))
        for name, key in named:
            if name not in rows:
                self.fault(key, f"no machine '{name}' in {self.pool.source}")
            elif rows[name].name != name:
                row = rows[name]
                self.fault(key, f"machine '{name}': the {row.quantity} of {row.name} are equal, name the row")
            elif key == "ban" and name in pinned:
                self.fault(key, f"machine '{name}' is both pinned and banned")

    def columns(self, needs: Mapping[str, Mapping[str, Need]]) -> None:
        """Every resource that is needed must have a column."""
        for resource in self.catalogue.resources:
            who = [role for role in needs if resource in needs[role]]
            if who and resource not in self.pool.columns:
                self.lacking.append(
                    f"{self.pool.source} has no column '{resource}', which {', '.join(who)} "
                    f"{'need' if len(who) > 1 else 'needs'}: add it, or go on without that check by --waive {resource}"
                )

    def domains(self, counts: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
        """Return the domains of each level that a spread reads."""
        answer: dict[str, tuple[str, ...]] = {}
        for role, text in self.said.spread.items():
            level = text.partition(":")[0]
            key = f"spread.{role}"
            if not self.known(key, "role", role, self.catalogue.roles):
                continue
            if not self.known(key, "domain level", level, LEVELS) or not self.asked(key, role, counts):
                continue
            if level in answer:
                continue
            if level not in self.pool.levels:
                self.lacking.append(f"{self.pool.source} has no column '{level}', over which {role} is to be spread")
                continue
            names: set[str] = set()
            for batch in self.pool:
                names.update(str(name) for name in batch.domain(level).values if name is not None)
            answer[level] = tuple(sorted(names))
            if level == "zone":
                self.lacking += self.pool.zone_conflicts
        return answer

    def rules(self, counts: Mapping[str, int], domains: Mapping[str, tuple[str, ...]]) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        spare = {}
        for role, failures in self.said.spare.items():
            key = f"spare.{role}"
            if self.known(key, "role", role, self.catalogue.roles) and self.asked(key, role, counts):
                spare[role] = self.count(key, failures)
        for role, copies in counts.items():
            rules.append(AtLeast(role, copies))
            most = copies
            if spare.get(role):
                rules.append(Survive(role, copies, spare[role]))
                most += spare[role] * self.catalogue.roles[role].max_per_machine
            rules.append(AtMost(role, most))
            if role in self.said.spread:
                rules += self.spread(role, copies + spare.get(role, 0), domains)
        for role, names in sorted(self.said.pin.items()):
            if self.known(f"pin.{role}", "role", role, self.catalogue.roles):
                self.asked(f"pin.{role}", role, counts)
                rules += [Pin(role, name) for name in names]
        rules += [Ban(name) for name in self.said.ban]
        return tuple(rules)

    def spread(self, role: str, copies: int, domains: Mapping[str, tuple[str, ...]]) -> list[Rule]:
        level, colon, number = self.said.spread[role].partition(":")
        if colon:
            if not number.isdecimal() or not 1 <= int(number) <= copies:
                asked = f"spread {role}={level}:{number}"
                self.fault(f"spread.{role}", f"{asked}: {copies} copies lie in 1 to {copies} domains, expected LEVEL:D")
                return []
            return [Spread(role, level, int(number))]
        if self.catalogue.roles[role].quorum and copies >= MAJORITY:
            return [Spread(role, level, MAJORITY)]
        return [Spread(role, level, max(1, min(copies, len(domains[level]))))]
