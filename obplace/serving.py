"""What roles have to serve, what each copy needs for that, and how many copies it takes."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import ceil

from obplace.catalogue import kind_of
from obplace.disks import usable_data
from obplace.errors import UsageError
from obplace.pool import combine
from obplace.problem import COPIES, Need
from obplace.quantity import Kind, parse, show
from obplace.reading import Range, Reading
from obplace.rules import Graded, Step
from obplace.sizing import copies as copies_for
from obplace.sizing import measures, sized, steps

PER_ZONE = 64  # servers of a zone up to which ``observers_for`` looks


class Serving(Reading):
    """The needs of a deployment.

    Attributes
    ----------
    ranges
        Copies by role that may run, in catalogue order, as the words have them.
    zones
        The number of zones by role that the words place in zones.
    steps
        By role, what its needs go by, where that is not known beforehand.
    sized
        By role and resource: what a copy needs, base units, for the amounts that it has to serve.
    included, added
        Pairs (guest, host) that may share a server, by how their needs come together.
    """

    ranges: dict[str, Range]
    zones: dict[str, int]
    steps: dict[str, Graded]
    sized: dict[str, dict[str, int]]
    included: frozenset[tuple[str, str]]
    added: frozenset[tuple[str, str]]

    def serve(self, asked: dict[str, Range]) -> None:
        """Read what roles have to serve, and what that asks of them and of their number."""
        self.steps, self.sized = {}, {}
        known = measures(self.catalogue)
        amounts = {}
        for name, amount in self.said.size.items():
            if self.known(f"size.{name}", "measure", name, known):
                amounts[name] = self.count(f"size.{name}", amount)
        try:
            for role, copies in copies_for(self.catalogue, amounts).items():
                asked[role] = self.at_least(role, copies, asked[role])
            self.by_amounts(asked, amounts)
        except UsageError as error:
            for text in error.problems:
                self.fault("size", text)
        self.data_disks(asked)

    def at_least(self, role: str, copies: int, asked: Range) -> Range:
        """Return so many copies or more: what the user says of the number goes before what the guide asks for."""
        least, most = asked
        if role not in self.said.roles:
            return max(least, copies), max(least, copies)
        if most is not None and most < copies:
            self.beyond.append(f"at most {most} {role} run, and its guide asks for {copies} for what they serve")
            return asked
        return (least if least == most else max(least, copies)), most

    def by_amounts(self, asked: Mapping[str, Range], amounts: Mapping[str, int]) -> None:
        """Size the roles whose guide names one of the amounts; what it counts of other roles comes from these."""
        kinds = {part.role for part in self.catalogue.sizing if part.by in amounts}
        for role in asked:
            parts = [part for part in self.catalogue.sizing if part.role == kind_of(role)]
            if kind_of(role) not in kinds or asked[role][1] == 0:
                continue
            given = dict(amounts)
            open_by: tuple[str, str, int, int] | None = None
            for part in parts:
                if part.by is None or part.by in given or part.of is None:
                    continue
                counted = {each: asked[each] for each in asked if kind_of(each) == part.of and asked[each][1] != 0}
                ranged = [each for each, (least, most) in counted.items() if least != most]
                if not ranged:
                    given[part.by] = sum(least for least, _ in counted.values())
                elif len(counted) > 1 or counted[ranged[0]][1] is None:
                    self.fault("size", f"size: {role} goes by the number of {part.of}, say it: roles {ranged[0]}")
                else:
                    least, most = counted[ranged[0]]
                    open_by = part.by, ranged[0], least, most or 0
            if open_by is None:
                self.sized[role] = self.unsaid(role, sized(self.catalogue, given).get(kind_of(role), {}))
                continue
            by, of, least, most = open_by
            found = steps(self.catalogue, kind_of(role), by, least, most, given)
            alternatives = [Step(each.low, each.high, tuple(self.unsaid(role, each.needs).items())) for each in found]
            self.steps[role] = Graded(role, of, tuple(alternatives))

    def unsaid(self, role: str, needs: Mapping[str, int]) -> dict[str, int]:
        """Return the needs that the user did not replace by a minimum, nor waive."""
        return {
            resource: amount
            for resource, amount in needs.items()
            if f"{role}.{resource}" not in self.said.minimum and resource not in self.said.waive
        }

    def data_disks(self, asked: dict[str, Range]) -> None:
        """Read how much data the OBServers of a zone hold: a choice of how many there are, with so large disks each."""
        disk = self.catalogue.disk
        volume, word = self.said.observers_for, "observers_for" if self.said.observers_for else "disks"
        if volume is None and self.said.disks is None:
            if self.said.growth is not None:
                self.fault("growth", f"growth {self.said.growth}: of what? say observers_for")
            return
        if disk is None:
            self.fault(word, f"{word.replace('_', '-')}: {self.catalogue.name} has no disk budget")
            return
        for name in ("storage", "memory"):
            if name not in self.pool.columns:
                self.lacks(f"{self.pool.source} has no column '{name}', which a disk budget needs", word)
        holders = [role for role in asked if kind_of(role) == disk.role and asked[role][1] != 0]
        if volume is None:
            whole = Step(0, COPIES, (), disk.least_data)
            self.steps |= {role: Graded(role, role, (whole,)) for role in holders}
            return
        if len(holders) != 1:
            self.fault(word, f"observers-for {volume}: expected one cluster, there are {len(holders)}")
            return
        [role] = holders
        data = self.volume(volume)
        zones = self.zones.setdefault(role, asked[role][0])
        if zones == 0:
            self.fault(word, f"observers-for {volume}: say in how many zones {role} runs, such as zones {role}=3")
            return
        least, most = asked[role] if role in self.said.roles or role in self.said.zones else (zones, None)
        if role in self.said.zones and "x" not in str(self.said.zones[role]):
            most = None
        numbers = range(1, min(PER_ZONE, max(1, len(self.pool) // zones)) + 1)
        found = [n for n in numbers if least <= zones * n and (most is None or zones * n <= most)]
        if not found:
            self.fault(
                word, f"observers-for {volume}: {least} {role} cannot be the same number in each of {zones} zones"
            )
            return
        useful = self.useful(role, data)
        chosen = [n for n in found if n in useful] or found[:1]
        each = [Step(zones * n, zones * n, (), max(disk.least_data, -(-data // n))) for n in chosen]
        self.steps[role] = Graded(role, role, tuple(each))
        asked[role] = each[0].low, each[-1].high

    def useful(self, role: str, data: int) -> set[int]:
        """Return the numbers of servers for which some machine's disk will do that is too small for one server less.

        Between them the same machines would do for more copies. What a role that may share the machine takes of it
        counts too.
        """
        guests = sorted(guest for guest, host in self.included | self.added if host == role)
        level = self.said.level if self.said.level in self.catalogue.levels else self.catalogue.levels[0]
        asked = self.minimums()
        taken = [
            {name: sum(self.amount(asked, guest, level, name) for guest in some) for name in ("storage", "memory")}
            for number in range(len(guests) + 1)
            for some in combinations(guests, number)
        ]
        rooms = set()
        for batch in self.pool:
            storage, memory = batch.column("storage"), batch.column("memory")
            for i, j in combine(storage, memory)[1]:
                has = storage.values[i], memory.values[j]
                if isinstance(has[0], int) and isinstance(has[1], int):
                    left = [(has[0] - needs["storage"], has[1] - needs["memory"]) for needs in taken]
                    rooms |= {usable_data(self.catalogue, *each) for each in left}
        return {-(-data // room) for room in rooms if room}

    def volume(self, text: str) -> int:
        """Return bytes of data, growth counted in."""
        growth = Fraction(0)
        if self.said.growth is not None:
            growth = self.percent("growth", self.said.growth)
        try:
            data = parse(text, Kind.STORAGE)
        except ValueError as error:
            self.fault("observers_for", f"observers-for is '{text}', {error}")
            return 1
        return max(1, ceil(data * (1 + growth)))

    def needs(self, level: str) -> dict[str, dict[str, Need]]:
        """Return the needs by role and resource, user's minimums, sizes and waivers applied."""
        resources = self.catalogue.resources
        asked = self.minimums()
        waived = {name for name in self.said.waive if self.known("waive", "resource", name, [*resources, "ports"])}
        self.beyond += [
            f"{name} is waived: nothing says that the machines have enough of it" for name in sorted(waived - {"ports"})
        ]
        if level not in self.catalogue.levels:
            return {}
        needs: dict[str, dict[str, Need]] = {}
        for role in self.ranges:
            needs[role] = {}
            for resource in resources:
                base = self.catalogue.roles[role].minimums[level].needs.get(resource, 0)
                amount = self.amount(asked, role, level, resource)
                if amount < base:
                    kind = resources[resource].kind
                    self.beyond.append(
                        f"{role} needs {show(amount, kind)} of {resource}, below the catalogue's {show(base, kind)}"
                    )
                if amount and resource not in waived:
                    needs[role][resource] = Need(min(base, amount), max(0, amount - base))
        return needs

    def amount(self, asked: Mapping[tuple[str, str], int], role: str, level: str, resource: str) -> int:
        """Return what a copy needs of a resource: as asked, else the larger of the catalogue's and of its size's."""
        base = self.catalogue.roles[role].minimums[level].needs.get(resource, 0)
        return asked.get((role, resource), max(base, self.sized.get(role, {}).get(resource, 0)))

    def minimums(self) -> dict[tuple[str, str], int]:
        """Return the user's own minimums by role and resource, in base units."""
        answer = {}
        resources = self.catalogue.resources
        for key, text in self.said.minimum.items():
            where = f"minimum.{key}"
            pair = self.keyed("minimum", key, "ROLE.RESOURCE such as observer.memory")
            if pair is None or not self.known(where, "resource", pair[1], resources):
                continue
            try:
                answer[pair] = parse(text, resources[pair[1]].kind, round_up=True)
            except ValueError as error:
                self.fault(where, f"minimum {key} is '{text}', {error}")
        return answer
