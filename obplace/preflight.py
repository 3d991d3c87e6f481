"""What obd would refuse of a plan, or let through with a warning, and what is left to check on the hosts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from obplace.catalogue import Obd, Severity, kind_of, obd
from obplace.checklist import Checklist, Host, Settings, amounts, checklists, gib, host, log_factor, setting
from obplace.clashes import Seen, clashes
from obplace.plan import Plan
from obplace.words import listed


@dataclass(frozen=True)
class Finding:
    """Something that a plan shows.

    Attributes
    ----------
    check
        Its name among the checks.
    code
        What obd says, None where it has no word for it.
    hosts
        The servers that it is about, in the order of the plan.
    found, expected, todo, source
        A phrase each.
    """

    check: str
    severity: Severity
    code: str | None
    hosts: tuple[str, ...]
    found: str
    expected: str
    todo: str
    source: str


@dataclass(frozen=True)
class Before:
    """What the copies of a role need in front of them."""

    role: str
    text: str
    source: str


@dataclass(frozen=True)
class Preflight:
    """What obd would say to a plan, the gravest first, and what it would look at on the hosts.

    ``log_factor`` is what a log disk has been taken for where no settings say another: so many times memory_limit.
    """

    findings: tuple[Finding, ...]
    checklists: tuple[Checklist, ...]
    fronts: tuple[Before, ...]
    log_factor: int

    @property
    def refused(self) -> bool:
        """Whether something would be refused."""
        return self.count(Severity.ERROR) > 0

    def count(self, severity: Severity) -> int:
        """Return how many findings are that grave."""
        return sum(each.severity is severity for each in self.findings)


def preflight(plan: Plan, settings: Mapping[str, Settings] | None = None) -> Preflight:
    """Return what obd would say to a plan.

    Parameters
    ----------
    plan
        Any plan; what is not known of its machines is not guessed.
    settings
        By server, what each of its OBServers is given; the others take memory_limit and log disk by default.
    """
    book, given = obd(), settings or {}
    hosts = [host(book, plan.catalogue, each, given.get(each.name)) for each in plan.assignments]
    seen = [*clashes(book, hosts)]
    for each in hosts:
        seen += [*_memory(book, each), *_settings(book, each), *_disk(book, each)]
    factor = log_factor(book, plan.catalogue)
    return Preflight(_findings(book, seen), checklists(book, hosts), _fronts(book, plan), factor)


def _findings(book: Obd, seen: Iterable[Seen]) -> tuple[Finding, ...]:
    """Return the findings in words; what is the same on different servers stands there once."""
    basis = amounts(book)
    alike: dict[Finding, list[str]] = {}
    for each in seen:
        check, facts = book.checks[each.check], {**basis, **each.facts}
        finding = Finding(
            check=check.name,
            severity=check.severity,
            code=check.code,
            hosts=(),
            found=check.found.format(**facts),
            expected=check.expected.format(**facts),
            todo=check.todo.format(**facts),
            source=check.source or each.source,
        )
        alike.setdefault(finding, []).extend(each.hosts)
    order = list(Severity)
    found = [replace(finding, hosts=tuple(hosts)) for finding, hosts in alike.items()]
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _fronts(book: Obd, plan: Plan) -> tuple[Before, ...]:
    return tuple(
        Before(role, front.text, front.source)
        for role, copies in plan.copies.items()
        for front in book.fronts
        if kind_of(role) == front.role and copies >= front.copies
    )


def _memory(book: Obd, each: Host) -> Iterator[Seen]:
    """What the OBServers and the other components of a host take of its memory."""
    memory, number = each.memory, each.observers
    if memory is None:
        if number:
            yield Seen("memory_unknown", (each.name,))
        return
    others = [(role, part) for role, part in each.components if part and part.memory and not part.database]
    for _, part in others:
        if part.memory_check and (need := part.memory or 0) > memory:
            yield Seen(part.memory_check, (each.name,), {"need": gib(need), "memory": gib(memory)})
    if not number or each.settings is None:
        return
    limits = each.settings.memory_limit * number
    facts = {"memory": gib(memory), "observers": str(number), "limits": gib(limits)}
    if memory < book.amounts["start_memory"] * number:
        yield Seen("start_memory", (each.name,), facts)
    rest = sum(part.memory or 0 for _, part in others)
    if limits > memory:
        yield Seen("memory_limit", (each.name,), {**facts, "most_limit": setting(memory // number)})
    elif limits + rest > memory:
        taken = listed([f"{gib(part.memory or 0)} of {role}" for role, part in others])
        most = setting(max(0, memory - rest) // number)
        yield Seen("memory_sum", (each.name,), {**facts, "others": taken, "total": gib(limits + rest), "left": most})


def _settings(book: Obd, each: Host) -> Iterator[Seen]:
    """What an OBServer is given, looked at by itself."""
    if not each.observers or each.settings is None:
        return
    limit, system = each.settings.memory_limit, each.settings.system_memory
    if limit < book.amounts["production_memory"]:
        yield Seen("production", (each.name,), {"limit": gib(limit)})
    if system is None:
        return
    most = limit * book.amounts["system_memory_percent"] // 100
    facts = {"system": gib(system), "limit": gib(limit), "system_most": gib(most)}
    if system >= limit:
        yield Seen("system_memory", (each.name,), facts)
    elif system > most:
        yield Seen("system_memory_share", (each.name,), facts)


def _disk(book: Obd, each: Host) -> Iterator[Seen]:
    """What the OBServers of a host take of its storage, as one disk."""
    storage, number, given = each.storage, each.observers, each.settings
    if number and storage is None:
        yield Seen("storage_unknown", (each.name,))
    if not number or storage is None or given is None:
        return
    slog, data = book.amounts["slog"], book.amounts["least_data"]
    fixed, share = (given.log_disk + slog) * number, storage * book.amounts["data_percent"] // 100
    facts = {
        "storage": gib(storage),
        "limit": gib(given.memory_limit),
        "log": gib(given.log_disk * number),
        "slog": gib(slog * number),
        "least_data": gib(data * number),
    }
    if fixed + data * number > storage:
        # A smaller memory_limit takes its log with it, in proportion.
        room = max(0, storage // number - slog - data)
        most = setting(room * given.memory_limit // given.log_disk if given.log_disk else given.memory_limit)
        need = gib(fixed + data * number)
        yield Seen("log_disk", (each.name,), {**facts, "need": need, "most_limit": most})
    elif fixed + share * number > storage:
        need, most = gib(fixed + share * number), setting((storage - fixed) // number)
        yield Seen(
            "data_disk", (each.name,), {**facts, "need": need, "log_size": setting(given.log_disk), "most": most}
        )
