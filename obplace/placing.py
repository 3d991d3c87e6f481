"""From the user's words to rules on numbers and places: how many copies, in which zones and other domains."""

import re
from collections.abc import Iterator

from obplace.catalogue import kind_of
from obplace.counting import Counting
from obplace.problem import MAJORITY
from obplace.reading import LEVELS
from obplace.rules import Across, AtLeast, AtMost, Layout, Limit, Majority, Rule, Spread, Survive, Within


class Placing(Counting):
    """The rules on how often each role runs, and in which domains."""

    def counts_and_places(self) -> Iterator[Rule]:
        """Yield, role by role, how many copies run and in which domains."""
        for role, (least, most) in self.closed.items():
            if least and role not in self.optional:
                yield AtLeast((role,), least)
            if failures := self.spare.get(role, 0):
                yield Survive(role, least, failures)
            yield AtMost((role,), most)
            if role in self.zones:
                yield from self.zoned_role(role)
            elif role in self.said.spread:
                yield from self.spread(role, least + self.spare.get(role, 0))
        for role in self.said.spread:
            if self.known(f"spread.{role}", "role", role, self.catalogue.roles):
                self.asked(f"spread.{role}", role)
        yield from self.layouts()
        yield from self.numbers_by_domain()
        for role, level in self.said.survive.items():
            key = f"survive.{role}"
            if self.known(key, "role", role, self.catalogue.roles) and self.asked(key, role):
                yield from self.majority(key, role, level)

    def zoned_role(self, role: str) -> Iterator[Rule]:
        """Yield that a role runs evenly in its zones, and that each of these lies in one IDC."""
        if role in self.said.spread:
            self.fault(f"spread.{role}", f"spread {role}: zones {role} says already where it runs")
        self.read_level(f"zones.{role}", role, "zone", given=True)
        yield Spread(role, "zone", self.zones[role])
        # A zone lies in one IDC, and with it in one region; where the pool names neither there is nothing to keep.
        inner = self.around()
        if inner is not None:
            self.read_level(f"zones.{role}", role, inner)
            yield Within(role, inner)

    def spread(self, role: str, copies: int) -> Iterator[Rule]:
        """Yield the even spread of a role over the domains of a level."""
        key = f"spread.{role}"
        level, colon, number = self.said.spread[role].partition(":")
        if not self.read_level(key, role, level):
            return
        if colon:
            if not number.isdecimal() or not 1 <= int(number) <= max(copies, self.closed[role][1]):
                asked = f"spread {role}={level}:{number}"
                self.fault(key, f"{asked}: {copies} copies lie in 1 to {copies} domains, expected LEVEL:D")
            else:
                yield Spread(role, level, int(number))
        elif self.catalogue.roles[role].quorum and copies >= MAJORITY:
            yield Spread(role, level, MAJORITY)
        else:
            yield Spread(role, level, max(1, min(copies, len(self.domains(level)))))

    def layouts(self) -> Iterator[Rule]:
        """Yield how many zones lie in each domain of a level."""
        for key, text in self.said.layout.items():
            where, form = f"layout.{key}", "ROLE.LEVEL such as observer.idc"
            pair = self.keyed("layout", key, form)
            if pair is None or not self.asked(where, pair[0]):
                continue
            if text.isdecimal() and pair[1] in LEVELS and pair[1] not in self.pool.levels:
                self.beyond.append(
                    f"{self.pool.source} names no {pair[1]}: that all {pair[0]} lie in one is taken for granted"
                )
                continue
            if not self.read_level(where, *pair):
                continue
            if not re.fullmatch(r"\d+(-\d+)*", text) or 0 in (zones := tuple(map(int, text.split("-")))):
                self.fault(where, f"layout {key} is '{text}', expected the zones in each domain, such as 2-2-1")
                continue
            known = self.number_of_zones(pair[0])
            if known is None:
                self.fault(where, f"layout {key}: nothing says in how many zones {pair[0]} runs; say zones {pair[0]}")
            elif sum(zones) != known:
                self.fault(where, f"layout {key} is '{text}', {sum(zones)} zones, but {pair[0]} runs in {known}")
            else:
                yield Layout(*pair, tuple(sorted(zones, reverse=True)))

    def numbers_by_domain(self) -> Iterator[Rule]:
        """Yield the most copies in a domain, and the least domains."""
        for key, number in self.said.limit.items():
            if pair := self.at_level("limit", key, number):
                yield Limit(*pair, number)
        for key, number in self.said.across.items():
            if pair := self.at_level("across", key, number):
                if number > self.closed[pair[0]][1]:
                    most = self.closed[pair[0]][1]
                    self.fault(f"across.{key}", f"across {key}: {most} copies cannot lie in {number} domains")
                yield Across(*pair, number)

    def at_level(self, field: str, key: str, number: int) -> tuple[str, str] | None:
        """Return role and level of a word with a number; None where something is wrong."""
        where = f"{field}.{key}"
        pair = self.keyed(field, key, "ROLE.LEVEL such as odp.rack")
        if pair is None or not self.asked(where, pair[0]):
            return None
        if not self.read_level(where, *pair, given=pair[0] in self.zones):
            return None
        if self.count(where, number) < 1 and where not in self.faulty:
            self.fault(where, f"{field} {key}: {number}, expected 1 or more; roles {pair[0]}=0 leaves it out")
        return None if where in self.faulty else pair

    def majority(self, key: str, role: str, level: str) -> Iterator[Rule]:
        """Yield that a role keeps its majority after the loss of any one domain of a level."""
        arbiter = next((name for name in self.ranges if self.catalogue.roles[name].arbitrates == kind_of(role)), None)
        zones = self.number_of_zones(role)
        # Of two zones one holds the majority, so that copies are the votes, unless an arbiter makes three of them.
        if zones is not None and zones < (MAJORITY - 1 if arbiter else MAJORITY):
            zones = None
        least, most = self.closed[role]
        if arbiter is not None and zones is None and least != most:
            self.fault(key, f"survive {role}: with {arbiter} as one more vote say how many {role} there are, or zones")
        voters = [role] if arbiter is None else [role, arbiter]
        if [each for each in voters if not self.read_level(key, each, level, given=role in self.zones)]:
            return
        if zones is not None:
            self.read_level(key, role, "zone", given=role in self.zones)
        yield Majority(role, level, zones, arbiter)

    def number_of_zones(self, role: str) -> int | None:
        """Return in how many zones a role runs; None where nothing says."""
        if role in self.zones:
            return self.zones[role]
        level, _, number = self.said.spread.get(role, "").partition(":")
        if level != "zone":
            return None
        return int(number) if number.isdecimal() else MAJORITY if self.catalogue.roles[role].quorum else None
