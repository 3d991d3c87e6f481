"""How many copies of each role the words ask for, and in how many zones."""

import re
from collections.abc import Iterator
from itertools import count, islice

from obplace.pool import combine
from obplace.problem import COPIES
from obplace.reading import ANY, LEVELS, Range, spoken
from obplace.serving import Serving


class Counting(Serving):
    """The counts of a deployment.

    Attributes
    ----------
    closed
        Copies by role that may run, in catalogue order, each with an upper end: no optimal plan has more.
    options
        Groups of roles of which exactly one runs; ``optional`` are all of these.
    spare
        Machines by role that may fail.
    """

    closed: dict[str, tuple[int, int]]
    options: list[tuple[str, ...]]
    spare: dict[str, int]

    def sharing(self) -> None:
        """Read which pairs (guest, host) may share a server, and how their needs come together."""
        how = {(pair.guest, pair.host): pair.included for pair in self.catalogue.sharing}
        if self.catalogue.free and self.said.included:
            self.fault("included", f"included: in {self.catalogue.name} any roles share, and what they need adds up")
        words = [("share", text, False) for text in self.said.share]
        words += [("included", text, True) for text in self.said.included]
        for word, text, inside in words:
            guest, colon, host = text.partition(":")
            if not colon:
                self.fault(word, f"{word} '{text}', expected GUEST:HOST such as odp:observer")
                continue
            if not self.roles_of(word, text):
                continue
            before = how.get((guest, host))
            if before is None and not self.catalogue.free:
                self.beyond.append(f"{guest} may share a server with {host}, which the catalogue does not allow")
            if inside and not before:
                self.beyond.append(f"the needs of {guest} count as included in those of {host}")
            how[guest, host] = inside or bool(before)
        self.included = frozenset(pair for pair, inside in how.items() if inside)
        self.added = frozenset(how) - self.included

    def counts(self) -> None:
        """Read how many copies of each role may run."""
        roles = self.catalogue.roles
        asked: dict[str, Range] = {
            name: (0, 0) if role.optional else (role.copies, role.copies) for name, role in roles.items()
        }
        for name in self.said.extra:
            if self.known("extra", "role", name, roles):
                asked[name] = (roles[name].copies, roles[name].copies)
        for name, said in self.said.roles.items():
            if self.known(f"roles.{name}", "role", name, roles):
                asked[name] = self.range(f"roles.{name}", said)
        self.options = []
        for text in self.said.either:
            names = self.roles_of("either", text)
            if names and len(set(names)) == len(names) > 1:
                self.options.append(tuple(names))
                asked |= {name: (roles[name].copies,) * 2 for name in names if asked[name] == (0, 0)}
            elif names:
                self.fault("either", f"either '{text}', expected several roles: ROLE:ROLE")
        self.optional = {name for names in self.options for name in names}
        self.in_zones(asked)
        for agent, _ in self.agents():
            asked[agent] = asked[agent] if agent in self.said.roles else (0, None)
        for role, _, _, _ in self.ratios():
            # Its number is what the ratio asks for, instead of the catalogue's.
            if role not in self.said.roles and "x" not in str(self.said.zones.get(role, "")):
                asked[role] = (0, None)
        self.serve(asked)
        if not self.wrong and not any(most is None or most for _, most in asked.values()):
            self.fault("roles", "no role is left to place: ask for at least one copy of one role")
        self.ranges = {name: each for name, each in asked.items() if each[1] is None or each[1] > 0}
        self.spare = {}
        for role, failures in self.said.spare.items():
            key = f"spare.{role}"
            if self.known(key, "role", role, roles) and self.asked(key, role):
                self.spare[role] = self.count(key, failures)
        self.closed = {role: (self.ranges[role][0], self.top(role, ())) for role in self.ranges}

    def asked(self, key: str, role: str) -> bool:
        """May any copy of the role run? If not, note that the word asks something of nobody."""
        known = self.whole and self.faulty.isdisjoint((f"roles.{role}", f"zones.{role}", "extra", "either"))
        if role not in self.ranges and known:
            what = "it" if role in key else role
            self.fault(key, f"{spoken(key)}: no copy of {what} is asked for")
        return role in self.ranges

    def in_zones(self, asked: dict[str, Range]) -> None:
        """Read in how many zones roles run, and with how many copies in each."""
        self.zones = {}
        for role, said in self.said.zones.items():
            key = f"zones.{role}"
            match = re.fullmatch(r"\s*(\d+)\s*(?:x\s*(\d+)\s*)?", str(said))
            if not self.known(key, "role", role, self.catalogue.roles):
                continue
            if match is None or not int(match[1]) or match[2] == "0":
                self.fault(key, f"zones {role} is '{said}', expected R or RxN: zones, and copies in each")
                continue
            zones, each = self.count(key, int(match[1])), int(match[2] or 1)
            copies = self.count(key, zones * each)
            least, most = asked[role]
            if f"roles.{role}" in self.faulty:
                continue
            if role in self.said.roles and (match[2] or most == 0):
                if not (least <= copies and (most is None or copies <= most)):
                    roles = self.said.roles[role]
                    self.fault(key, f"zones {role} is '{said}', {copies} copies, but roles {role} asks for {roles}")
            elif role in self.said.roles and most is not None and most < zones:
                self.fault(key, f"zones {role}: {most} copies cannot run in {zones} zones")
            if match[2] or role not in self.said.roles:
                asked[role] = copies, copies
            self.zones[role] = zones

    def agents(self) -> Iterator[tuple[str, tuple[str | None, ...]]]:
        """Yield each role that runs on every server of some kind, with the roles of these; None is any server."""
        for text in self.said.every:
            agent, colon, host = text.partition(":")
            if not colon:
                self.fault("every", f"every '{text}', expected AGENT:ROLE or AGENT:any")
            elif self.roles_of("every", agent) and (host == ANY or self.roles_of("every", host)):
                yield agent, (None if host == ANY else host,)

    def ratios(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield (role, other, copies, per): so many copies of the role for every ``per`` of the other."""
        for key, text in self.said.ratio.items():
            where = f"ratio.{key}"
            roles = self.roles_of(where, key)
            match = re.fullmatch(r"\s*(\d+)\s*[/:]\s*(\d+)\s*", text)
            if match is None or not int(match[1]) or not int(match[2]):
                self.fault(
                    where, f"ratio {key} is '{text}', expected A/B such as 1/2: A copies for every B of the other"
                )
            elif roles and (len(roles) != 2 or roles[0] == roles[1]):
                self.fault(where, f"ratio '{key}', expected two roles: ROLE:OTHER")
            elif roles:
                yield roles[0], roles[1], int(match[1]), int(match[2])

    def top(self, role: str, waiting: tuple[str, ...]) -> int:
        """Return the most copies of a role that an optimal plan can have.

        Where the words leave it open: take an optimal plan with the fewest copies. A copy beyond all that some bound,
        spread or majority asks for, and beside no guest that could run nowhere else, could go: no bound on the most
        is broken by that, no need grows. So there are no more than all these together.
        """
        least, most = self.ranges[role]
        most_failures = self.spare.get(role, 0) * self.catalogue.roles[role].max_per_machine
        if most is not None:
            return most + most_failures
        if role in waiting:
            self.fault(
                f"roles.{role}", f"roles {role}: say how many at most, such as {max(1, least)}..{max(3, 2 * least)}"
            )
            return 0
        waiting = (*waiting, role)
        wanted = [least, most_failures, len(set(self.said.pin.get(role, ())))]
        for key, said in self.said.total.items():
            if role in key.split("+"):
                wanted.append(self.range(f"total.{key}", said)[0])
        for one, other, copies, per in self.ratios():
            if one == role and other in self.ranges:
                wanted.append(-(-self.top(other, waiting) * copies // per))
        for agent, hosts in self.agents():
            if agent == role:
                kinds = [each for each in self.ranges if each != role and (None in hosts or each in hosts)]
                wanted += [self.top(each, waiting) for each in kinds]
        besides = [text.split(":") for text in self.said.together]
        wanted += [self.top(names[0], waiting) for names in besides if names[1:] == [role] and names[0] in self.ranges]
        pairs = self.included | self.added
        guests = [each for each in self.ranges if (each, role) in pairs and not self.is_agent(each)]
        wanted += [self.top(guest, waiting) for guest in guests]
        across = [number for key, number in self.said.across.items() if key.rpartition(".")[0] == role]
        wanted += [number for number in across if isinstance(number, int)]
        wanted += [self.zones.get(role, 0), 3 if role in self.said.survive else 0]
        spread = self.said.spread.get(role, "").partition(":")
        wanted.append(int(spread[2]) if spread[2].isdecimal() else 3 if spread[0] else 0)
        return min(COPIES, sum(wanted))

    def is_agent(self, role: str) -> bool:
        """Does the role run where others are, and so never asks for a server of its own?"""
        return any(agent == role for agent, _ in self.agents())

    def zoned(self) -> tuple[str, ...]:
        """Return the zones that the plan may give: the pool's own, and new ones for those whose zone is blank."""
        if not self.zones or ("zone" in self.pool.levels and not self.unnamed("zone")):
            return ()
        known = self.domains("zone")
        new = (name for number in count(1) if (name := f"zone{number}") not in known)
        return known + tuple(islice(new, max(self.zones.values())))

    def around(self) -> str | None:
        """Return the innermost level around zones: a zone lies in one IDC, and with it in one region."""
        return next((level for level in ("idc", "region") if level in self.pool.levels), None)

    def homes(self) -> dict[str, str]:
        """Return the domain around each of the pool's zones, where it is known."""
        around = self.around()
        found: dict[str, str] = {}
        if not self.zoned() or around is None or "zone" not in self.pool.levels:
            return found
        for batch in self.pool:
            zones, domains = batch.domain("zone"), batch.domain(around)
            for i, j in combine(zones, domains)[1]:
                zone, domain = zones.values[i], domains.values[j]
                if zone is not None and domain is not None:
                    found[str(zone)] = str(domain)
        return found

    def domains_read(self) -> dict[str, tuple[str, ...]]:
        """Return the domains of each level that rules read, by name."""
        found = {level: self.domains(level) for level in LEVELS if level in self.read}
        return found | ({"zone": given} if (given := self.zoned()) else {})
