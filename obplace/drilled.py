"""A drill in words: a sentence that sums it up, remarks, sheets, and forms for programs and tickets."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from obplace.drill import DOMAINS, TWO, Drill, Left, Loss, Pairs, Verdict, two
from obplace.markdown import escaped, table
from obplace.votes import Standing
from obplace.words import listed

SCHEMA = "obplace.drill/1"
NAMED = 3  # names that stand in a cell or sentence before the rest is counted
_GRAVEST = (Verdict.ENDS, Verdict.UNKNOWN, Verdict.SURVIVES)


@dataclass(frozen=True)
class Sheet:
    """The losses of one level as cells, those that leave the same in one row, the gravest first; or all of two."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def summary(drill: Drill) -> str:
    """Return in one sentence what the roles that run more than once survive, and what they do not."""
    roles = drill.replicated
    if not roles:
        return f"nothing is survived: {_once(drill)}"
    subject = listed(roles)
    levels = [level for level in drill.levels if not level.startswith(TWO)]
    safe = [level for level in levels if drill.survives(level)]
    unsafe = [_culprit(drill, level) for level in levels if drill.verdict(level) is Verdict.ENDS]
    unsure = [_unsure(drill, level) for level in levels if drill.verdict(level) is Verdict.UNKNOWN]
    twice = [f"{level}s" for level in levels if two(level) in drill.levels and drill.survives(two(level))]
    pair = f", and of any two {listed(twice, 'or')}" if twice else ""
    parts = []
    if safe:
        parts.append(f"{subject} {_verb(roles, 'survives')} the loss of any one {listed(safe)}{pair}")
        parts += [f"{'nor' if index else 'not'} of {text}" for index, text in enumerate(unsafe)]
    elif unsafe:
        parts.append(f"{subject} {_verb(roles, 'does')} not survive the loss of {unsafe[0]}")
        parts += [f"nor of {text}" for text in unsafe[1:]]
    else:
        parts.append(f"what {subject} {_verb(roles, 'survives')} cannot be told")
    if unsure:
        parts.append(f"not known for {listed(unsure)}")
    return "; ".join(parts)


def remarks(drill: Drill) -> Iterator[str]:
    """Say what the sheets leave open: how votes count, what runs once, and what could not be judged."""
    for each in drill.roles:
        if not each.told:
            yield f"{each.role}: the zone of some of its servers is not known, so neither is what its majority is of"
        elif each.quorum and each.zonal:
            yield f"{each.role}: a zone is one vote, and counts only while all its servers run"
        if each.arbiter is not None:
            yield f"{each.arbiter} adds one vote to those of {each.role}"
    if len(drill.replicated) < len(drill.roles) and drill.replicated:
        yield _once(drill)
    for level, names in drill.unknown.items():
        if names:
            yield f"the {level} of {_some(names)} is not known: it may be any that there is, or one of its own"
    absent = [level for level in DOMAINS if level not in drill.unknown]
    if absent:
        yield f"not drilled, because it is known of no server: {listed(absent)}"


def sheets(drill: Drill) -> list[Sheet]:
    """Return a sheet for machines and for each level of domains, and one for any two of them."""
    one = [_sheet(drill, level) for level in drill.levels if not level.startswith(TWO)]
    return [*one, _both(drill)] if drill.replicated else one


def _both(drill: Drill) -> Sheet:
    """Return how many pairs of machines or domains end each role that runs more than once, and one that does."""
    found = {(each.level, each.role): _ended(each) for each in drill.pairs}
    levels = [level.removeprefix(TWO) for level in drill.levels if level.startswith(TWO)]
    rows = tuple((f"two {level}s", *(found[level, role] for role in drill.replicated)) for level in levels)
    return Sheet(("pairs that end", *drill.replicated), rows)


def _ended(pairs: Pairs) -> str:
    if pairs.ending is None:
        return "not known"
    text = f"{pairs.ending:,} of {pairs.pairs:,}" if pairs.ending else "none"
    if pairs.unsure:
        text += f", {pairs.unsure:,} not known"
    if pairs.worst:
        text += f", such as {' and '.join(name or 'unknown' for name in pairs.worst)}"
    return text


def _sheet(drill: Drill, level: str) -> Sheet:
    alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
    gravest: dict[str, int] = {}
    for loss in drill.at(level):
        left = {each.role: each for each in loss.left}
        cells = tuple(_cell(role, left.get(role.role)) for role in drill.roles)
        end = _end(loss)
        gravest[end] = min((_GRAVEST.index(each.verdict) for each in loss.left), default=len(_GRAVEST))
        name = f"unknown ({_some(drill.unknown[level])})" if loss.name is None else loss.name
        alike.setdefault((cells, end), []).append(name)
    rows = sorted(alike.items(), key=lambda item: gravest[item[0][1]])
    header = (level, *(role.role for role in drill.roles), "verdict")
    return Sheet(header, tuple((_some(names), *cells, end) for (cells, end), names in rows))


def _cell(role: Standing, left: Left | None) -> str:
    """Return '2 of 3', with the votes where they are not the copies."""
    if left is None:
        left = Left(role.role, role.number, len(role.votes), role.number, len(role.votes), Verdict.SURVIVES)
    text = f"{_span(left.copies_worst, left.copies)} of {role.number}"
    if role.told and len(role.votes) != role.number:
        text += f", {_span(left.votes_worst, left.votes)} of {len(role.votes)} votes"
    return text


def _span(low: int, high: int) -> str:
    return f"{high}" if low == high else f"{low} to {high}"


def _end(loss: Loss) -> str:
    """Return what a loss ends, by how."""
    gone = [each.role for each in loss.left if each.verdict is Verdict.ENDS and not each.copies]
    beaten = [each.role for each in loss.left if each.verdict is Verdict.ENDS and each.copies]
    unsure = [each.role for each in loss.left if each.verdict is Verdict.UNKNOWN]
    parts = [f"{listed(gone)} {_verb(gone, 'stops')}"] if gone else []
    parts += [f"{listed(beaten)} {_verb(beaten, 'loses')} the majority"] if beaten else []
    parts += [f"not known for {listed(unsure)}"] if unsure else []
    return "; ".join(parts) or "survives"


def _culprit(drill: Drill, level: str) -> str:
    """Return the loss of a level that is worst for the first role that one ends, and what it takes of it."""
    ends = [role for role in drill.replicated if drill.verdict(level, [role]) is Verdict.ENDS]
    found = drill.worst(level, ends[0])
    if found is None:
        raise AssertionError(f"a {level} ends {ends[0]} and is not among the losses")
    loss, left = found
    role = drill.standing(left.role)
    text = f"{level} {loss.name}, which takes {role.number - left.copies} of {role.number} {role.role}"
    if len(role.votes) != role.number:
        text += f" and {len(role.votes) - left.votes} of {len(role.votes)} votes"
    return text


def _unsure(drill: Drill, level: str) -> str:
    """Return a level with the roles whose fate at its loss is not known, unless it is that of all."""
    roles = [role for role in drill.replicated if drill.verdict(level, [role]) is not Verdict.SURVIVES]
    return level if len(roles) == len(drill.replicated) else f"{level} ({listed(roles)})"


def _once(drill: Drill) -> str:
    roles = [each.role for each in drill.roles if each.role not in drill.replicated]
    return f"{listed(roles)} {_verb(roles, 'runs')} once and {_verb(roles, 'ends')} with the machine"


def _verb(subject: Sequence[str], singular: str) -> str:
    if len(subject) == 1:
        return singular
    return {"does": "do"}.get(singular, singular.removesuffix("s"))


def _some(names: Sequence[str]) -> str:
    """Return the names, or the first of them and how many more there are."""
    if len(names) <= NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED:,} more"


def to_json(drill: Drill) -> str:
    """Return the drill as one document of the form in `drill_form`, a line for each loss.

    A loss lists the roles that it touches.
    """
    pairs: dict[str, dict[str, object]] = {}
    for each in drill.pairs:
        pairs.setdefault(two(each.level), {})[each.role] = _pair(each)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "summary": summary(drill),
        "remarks": list(remarks(drill)),
        "levels": {level: drill.verdict(level).value if drill.replicated else "ends" for level in drill.levels},
        "unknown": {level: list(names) for level, names in drill.unknown.items()},
        "roles": {each.role: _role(each) for each in drill.roles},
        "pairs": pairs,
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    lines = ",\n".join("  " + json.dumps(_loss(each), ensure_ascii=False) for each in drill.losses)
    return f'{text[:-2]},\n "losses": [\n{lines}\n ]\n}}\n'


def _role(role: Standing) -> dict[str, object]:
    votes = len(role.votes) if role.told else None
    return {"copies": role.number, "quorum": role.quorum, "votes": votes, "needed": role.least if role.told else None}


def _pair(pairs: Pairs) -> dict[str, object]:
    return {
        "pairs": pairs.pairs,
        "ending": pairs.ending,
        "unsure": pairs.unsure,
        "worst": pairs.worst and list(pairs.worst),
    }


def _loss(loss: Loss) -> dict[str, object]:
    left = {
        each.role: {
            "copies": [each.copies_worst, each.copies],
            "votes": [each.votes_worst, each.votes],
            "verdict": each.verdict.value,
        }
        for each in loss.left
    }
    return {"level": loss.level, "name": loss.name, "machines": list(loss.machines), "left": left}


def as_markdown(drill: Drill) -> str:
    """Return the summary, a table for each sheet, and the remarks."""
    parts = [f"**{escaped(summary(drill))}**", ""]
    for sheet in sheets(drill):
        parts += [*table(sheet.header, sheet.rows, [False] * len(sheet.header)), ""]
    return "\n".join([*parts, *(f"- {escaped(text)}" for text in remarks(drill))]) + "\n"
