"""A preflight in words: a sentence that sums it up, findings and checklists, and forms for programs and tickets."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from obplace.catalogue import Severity, obd
from obplace.checklist import Checklist
from obplace.markdown import escaped, table
from obplace.preflight import Finding, Preflight
from obplace.words import listed

SCHEMA = "obplace.preflight/1"
NAMED = 6  # names that stand in a line before the rest is counted


def summary(preflight: Preflight) -> str:
    """Return in one sentence whether obd would refuse the plan, and how much there is to read."""
    counts = [(severity, preflight.count(severity)) for severity in Severity]
    parts = [_counted(severity, number) for severity, number in counts if number]
    start = "obd would refuse this plan" if preflight.refused else "obd would refuse nothing that a plan can show"
    return f"{start}: {listed(parts)}" if parts else start


def _counted(severity: Severity, number: int) -> str:
    if severity is Severity.CHECK:
        return f"{number} to check"
    return f"{number} {severity.value}{'' if number == 1 else 's'}"


def title(finding: Finding) -> str:
    """Return how grave a finding is, what obd says and of which servers: 'error OBD-2003: a, b and c'."""
    return f"{finding.severity.value}{f' {finding.code}' if finding.code else ''}: {some(finding.hosts)}"


def phrases(finding: Finding) -> Iterator[tuple[str, str]]:
    """Return what a finding says, each phrase with its name."""
    yield "found", finding.found
    yield "expected", finding.expected
    yield "to do", finding.todo
    yield "source", finding.source


def heading(checklist: Checklist) -> str:
    """Return the servers of a checklist and what they run."""
    copies = Counter(checklist.roles)
    return f"{some(checklist.hosts)}: " + listed([role if n == 1 else f"{n} {role}" for role, n in copies.items()])


def remarks(preflight: Preflight) -> Iterator[str]:
    """Say what stands in front of the roles, and what all this rests on."""
    for each in preflight.fronts:
        yield f"{each.role} needs {each.text}"
    amounts = obd().amounts
    yield (
        f"where nothing else is said memory_limit is {amounts['memory_limit_percentage']} % of a machine's memory, "
        f"the log disk {preflight.log_factor} times memory_limit, and the storage one disk"
    )
    yield f"checks as in {obd().title}; of a machine as it is now nothing is known here"


def some(names: Sequence[str]) -> str:
    """Return the names, or the first of them and how many more there are."""
    if len(names) <= NAMED + 1:
        return listed(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED:,} more"


def to_json(preflight: Preflight) -> str:
    """Return the preflight as one document; every finding and point has its source."""
    document = {
        "schema": SCHEMA,
        "summary": summary(preflight),
        "refused": preflight.refused,
        "remarks": list(remarks(preflight)),
        "findings": [_finding(each) for each in preflight.findings],
        "checklists": [_checklist(each) for each in preflight.checklists],
        "fronts": [{"role": each.role, "needs": each.text, "source": each.source} for each in preflight.fronts],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _finding(each: Finding) -> dict[str, object]:
    return {
        "severity": each.severity.value,
        "code": each.code,
        "check": each.check,
        "machines": list(each.hosts),
        "found": each.found,
        "expected": each.expected,
        "todo": each.todo,
        "source": each.source,
    }


def _checklist(each: Checklist) -> dict[str, object]:
    points = [
        {"topic": point.topic, "expected": point.text, "code": point.code, "source": point.source}
        for point in each.points
    ]
    return {"machines": list(each.hosts), "roles": list(each.roles), "points": points}


def as_markdown(preflight: Preflight) -> str:
    """Return the summary, the findings, a checklist to tick off for each kind of host, and the remarks."""
    lines = [f"**{escaped(summary(preflight))}**", ""]
    for finding in preflight.findings:
        lines.append(f"- **{escaped(title(finding))}**")
        lines += [f"  - {name}: {escaped(text)}" for name, text in phrases(finding)]
    for checklist in preflight.checklists:
        lines += ["", f"**{escaped(heading(checklist))}**", ""]
        cells = [(each.topic, each.text, each.code or "", each.source) for each in checklist.points]
        lines += table(("check", "expected", "obd says", "source"), cells, [False] * 4)
    return "\n".join([*lines, "", *(f"- {escaped(text)}" for text in remarks(preflight))]) + "\n"
