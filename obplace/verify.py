"""The contract in plain Python: does this placement keep every rule, on the original pool?

It shares no code with patterns, kernel or model, and decides for itself what one machine may run; what the rules
ask stands in `verify_rules`. Read both top to bottom to know what a plan has to be.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from obplace.catalogue import Combine, Resource
from obplace.disks import usable_data
from obplace.errors import InternalError
from obplace.plan import Plan
from obplace.pool import Machine
from obplace.problem import Need, Problem
from obplace.quantity import Kind, show
from obplace.rules import Graded, Step, sentence
from obplace.verify_bought import mispriced
from obplace.verify_rules import Server, Violation, broken, step_of

Steps = Mapping[Graded, Step]  # those that hold


def verify(problem: Problem, placement: Mapping[str, Sequence[str]], zones: Mapping[str, str] = {}) -> list[Violation]:
    """Return all that is wrong with a placement; an empty list says that it is a plan.

    Parameters
    ----------
    placement
        The roles that run on each machine, by machine name (NAME#k for the k-th of a row with a quantity),
        a role once for each copy.
    zones
        The zone that the plan gives to a machine, by the same names.
    """
    machines, violations = _machines(problem, placement)
    servers = []
    for name, machine in machines.items():
        violations += _zone(problem, name, machine, zones.get(name))
        own = machine.domains.get("zone")
        servers.append(Server(name, machine, tuple(placement[name]), zones.get(name) if own is None else own))
    idle = [name for name in zones if name not in placement]
    violations += [Violation("a server runs something", f"{name} is given a zone and runs nothing") for name in idle]
    steps = {
        rule: step
        for rule in problem.rules
        if isinstance(rule, Graded) and (step := step_of(rule, servers)) is not None
    }
    for server in servers:
        violations += _one_machine(problem, steps, server)
    violations += [Violation("prices of the offers", text) for text in mispriced(problem, list(machines.values()))]
    violations += broken(problem, servers)
    return violations


def check_plan(problem: Problem, plan: Plan) -> None:
    """Raise where a plan that was made here breaks a rule: that is a fault of obplace.

    Raises
    ------
    InternalError
        It does; every violation is listed.
    """
    zones = {each.name: zone for each in plan.assignments if (zone := each.machine.domains.get("zone")) is not None}
    if violations := verify(problem, {each.name: each.roles for each in plan.assignments}, zones):
        raise InternalError([f"the plan breaks a rule: {violation}" for violation in violations])


def _machines(problem: Problem, placement: Mapping[str, Sequence[str]]) -> tuple[dict[str, Machine], list[Violation]]:
    """Find the row of each machine; one of several equal ones must say which, as NAME#k."""
    found = problem.pool.find(placement)
    rows = dict(zip(found, problem.pool.take(list(found.values())), strict=True))
    machines, violations = {}, []
    for name in placement:
        if name not in rows:
            violations.append(Violation("machines of the pool", f"there is no {name}"))
        elif rows[name].quantity > 1 and rows[name].name == name:
            said = f"{name} is {rows[name].quantity} machines, say {name}#1"
            violations.append(Violation("one name, one machine", said))
        else:
            machines[name] = rows[name]
    return machines, violations


def _zone(problem: Problem, name: str, machine: Machine, given: str | None) -> Iterator[Violation]:
    """A plan gives zones only where the pool has none, and only those that its rules speak of."""
    own = machine.domains.get("zone")
    if given is None or given == own:
        return
    if own is not None:
        yield Violation("zones of the pool", f"{name} is in {own}, the plan says {given}")
    elif given not in problem.zoned:
        yield Violation("zones that the plan may give", f"{given} to {name}, of {', '.join(problem.zoned) or 'none'}")
    elif problem.around is not None and given in problem.homes:
        home, there = problem.homes[given], machine.domains.get(problem.around)
        if there != home:
            yield Violation(
                "zones where the pool has them", f"{given} lies in {home}, {name} in {there or 'none known'}"
            )


def _one_machine(problem: Problem, steps: Steps, server: Server) -> Iterator[Violation]:
    """Check what one machine may run: it is there for use, its roles may share it, and it is large enough."""
    name, machine = server.name, server.machine
    if not server.roles:
        yield Violation("a server runs something", f"{name} runs nothing")
        return
    if not machine.available or machine.quantity < 1:
        yield Violation("available machines only", f"{name} is not available")
    if machine.runs and not problem.deployment.reuse:
        yield Violation("free machines only", f"{name} runs {', '.join(machine.runs)}")
    if "cost" in problem.objectives and machine.price is None:
        yield Violation("priced machines only", f"{name} has no price")
    copies = Counter(server.roles)
    strangers = [role for role in copies if role not in problem.counts]
    if strangers:
        yield Violation("roles that are asked for", f"{name} runs {', '.join(strangers)}")
        return
    for role, number in copies.items():
        most = problem.catalogue.roles[role].max_per_machine
        if number > most:
            yield Violation(f"at most {most} {role} on a machine", f"{name} runs {number}")
    hosts = _hosts(problem, copies)
    if not hosts:
        yield Violation("roles that may share a server", f"{name} runs {' and '.join(copies)}")
        return
    # Where more than one role could be the host of the others, the machine must be large enough for one case.
    cases = [[*_lacks(problem, steps, server, host), *_no_data(problem, steps, server, host)] for host in hosts]
    yield from min(cases, key=len)


def _hosts(problem: Problem, copies: Mapping[str, int]) -> list[str | None]:
    """Return the roles of the machine that all others may be guests of; None where sharing is free."""
    if problem.catalogue.free:
        return [None]
    allowed = problem.included | problem.added
    return [host for host in copies if all(guest == host or (guest, host) in allowed for guest in copies)]


def _lacks(problem: Problem, steps: Steps, server: Server, host: str | None) -> Iterator[Violation]:
    """Compare what the roles need together, one of them the host of the others, with what the machine has."""
    copies = Counter(server.roles)
    for resource in problem.catalogue.resources.values():
        needed = _together(problem, steps, copies, host, resource)
        enough = needed * (1 - problem.tolerance.get(resource.name, Fraction(0)))
        usable = 1 if resource.combine is Combine.MAX else 1 - problem.headroom
        capacity = server.machine.capacity.get(resource.name)
        if needed and (capacity is None or capacity * usable < enough):
            has = "an unknown amount" if capacity is None else show(capacity, resource.kind)
            wanted = f"{' and '.join(copies)}: {show(needed, resource.kind)} of {resource.name}"
            yield Violation(wanted, f"{server.name} has {has}")


def _together(problem: Problem, steps: Steps, copies: Mapping[str, int], host: str | None, resource: Resource) -> int:
    """Return what these roles need of a resource on one machine, in base units."""
    needs = {role: _need(problem, steps, role, resource.name) for role in copies}
    if resource.combine is Combine.MAX:
        return max(need.base + need.raised for need in needs.values())
    held = {role for role in needs if role == host or (role, host) in problem.included}
    needed = max((needs[role].base * copies[role] for role in held), default=0)
    needed += sum(needs[role].base * copies[role] for role in needs.keys() - held)
    return needed + sum(need.raised * copies[role] for role, need in needs.items())


def _need(problem: Problem, steps: Steps, role: str, resource: str) -> Need:
    """Return what one copy needs: what its step asks beyond the catalogue counts as raised by the user."""
    need = problem.needs[role].get(resource, Need(0))
    for rule, step in steps.items():
        if rule.role == role:
            amounts = [amount for name, amount in step.needs if name == resource]
            need = Need(need.base, max([need.raised, *(amount - need.base for amount in amounts)]))
    return need


def _no_data(problem: Problem, steps: Steps, server: Server, host: str | None) -> Iterator[Violation]:
    """Check that beside all other roles enough disk is left for data, where a step asks for that."""
    copies = Counter(server.roles)
    for rule, step in steps.items():
        if not step.data or rule.role not in copies:
            continue
        left = {}
        for name in ("storage", "memory"):
            capacity, resource = server.machine.capacity.get(name), problem.catalogue.resources.get(name)
            if capacity is None or resource is None:
                continue
            every = _together(problem, steps, copies, host, resource)
            own = _together(problem, steps, {rule.role: copies[rule.role]}, rule.role, resource)
            left[name] = capacity - max(0, every - own)
        usable = usable_data(problem.catalogue, left["storage"], left["memory"]) if len(left) > 1 else None
        if usable is None or usable < step.data:
            has = "an unknown amount" if usable is None else show(usable, Kind.STORAGE)
            said = f"{sentence(rule)}: {show(step.data, Kind.STORAGE)} of data for each {rule.role}"
            yield Violation(said, f"{server.name} has room for {has}")
