"""What roles really need for what they have to serve: hosts, OBServers, links, users, connections."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from obplace.catalogue import Catalogue, Grade, Part, kind_of
from obplace.errors import UsageError
from obplace.quantity import Kind, show

FEW = 16  # units that may each be an alternative of their own; more are grouped by the ends of the tables


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high`` of a measure, both counted in, ``needs`` is enough: base units by resource."""

    low: int
    high: int
    needs: Mapping[str, int]


def measures(catalogue: Catalogue) -> dict[str, str]:
    """Return what roles can be sized by, with what it counts in words."""
    return {part.by: part.unit for part in catalogue.sizing if part.by is not None}


def sized(catalogue: Catalogue, amounts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Return what one copy of each role needs for these amounts: base units by role and resource.

    Only parts whose amount is given count; those that are always the same come with any other of their role.

    Raises
    ------
    UsageError
        An amount lies above what the guides tell; every one is listed.
    """
    parts = _told(catalogue, amounts)
    wrong = [text for part in parts if (text := _beyond(part, amounts)) is not None]
    if wrong:
        raise UsageError(list(dict.fromkeys(wrong)))
    answer: dict[str, dict[str, int]] = {}
    for part in parts:
        total = answer.setdefault(part.role, {})
        for resource, amount in _needs(part, amounts).items():
            total[resource] = total.get(resource, 0) + amount
    return {role: needs for role, needs in answer.items() if needs}


def copies(catalogue: Catalogue, amounts: Mapping[str, int]) -> dict[str, int]:
    """Return how many copies of a role these amounts ask for, by role."""
    answer: dict[str, int] = {}
    for part in _told(catalogue, amounts):
        if part.by is not None and part.copies_per is not None:
            answer[part.role] = max(answer.get(part.role, 0), -(-amounts[part.by] // part.copies_per))
    return answer


def steps(
    catalogue: Catalogue, role: str, by: str, low: int, high: int, amounts: Mapping[str, int] | None = None
) -> tuple[Range, ...]:
    """Return the ranges of a measure within which what one copy of ``role`` needs does not change, in order.

    Together they reach from ``low`` to ``high``, or to the end of the tables where that comes first. What grows with
    every unit has a range for each of up to `FEW` units; where there are more, the ranges are those of the tables and
    each asks for what its upper end does. Other ``amounts`` count with their parts; a measure of the role that counts
    the same thing and is not among them, such as hosts beside OBServers, rises with this one, for it is at least as
    large. Without a part that goes by the measure there are no ranges.

    Raises
    ------
    UsageError
        Even ``low`` lies above the tables.
    """
    given = amounts or {}
    counted = {part.of for part in catalogue.sizing if (part.role, part.by) == (role, by)}
    if not counted:
        return ()
    parts = [
        part
        for part in catalogue.sizing
        if part.role == role and (part.by == by or (part.of in counted - {None} and part.by not in given))
    ]
    rising = {part.by for part in parts if part.by is not None}
    ends = sorted({grade.upto for part in parts for grade in part.grades})
    top = min((part.grades[-1].upto for part in parts if part.grades), default=high)
    if low > top:
        sized(catalogue, dict.fromkeys(rising, low))  # it says what is beyond what
    high = min(high, top)
    cuts = range(low, high + 1) if high - low < FEW else sorted({high, *(end for end in ends if low <= end < high)})
    found: list[Range] = []
    for end in cuts:
        needs = sized(catalogue, {**given, **dict.fromkeys(rising, end)}).get(role, {})
        if found and found[-1].needs == needs:
            found[-1] = Range(found[-1].low, end, needs)
        else:
            found.append(Range(found[-1].high + 1 if found else low, end, needs))
    return tuple(found)


def contradictions(
    catalogue: Catalogue,
    level: str,
    counts: Mapping[str, int],
    given: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[str, ...]:
    """Return in sentences where a role has less than its own guide asks for the least that it can have to serve.

    Parameters
    ----------
    counts
        Copies by role; the guides are read for so many OBServers, and for one of what is not counted here.
    given
        What one copy has, base units by role and resource; a role that is not in it has the catalogue's minimum at
        ``level``.
    """
    answer: list[str] = []
    for role in counts:
        kind = kind_of(role)
        parts = [part for part in catalogue.sizing if part.role == kind]
        has = (given or {}).get(role) or catalogue.roles[role if role in catalogue.roles else kind].minimums[
            level
        ].needs
        amounts = {part.by: _least(part, counts) for part in parts if part.by is not None}
        over = [text for part in parts if (text := _beyond(part, amounts)) is not None]
        if over:
            answer += dict.fromkeys(over)
            continue
        asks = sized(catalogue, amounts).get(kind, {})
        short = [name for name, amount in asks.items() if name in has and has[name] < amount]
        growing = [name for name in short if any(name in _per(part, amounts) for part in parts)]
        fixed = [name for name in short if name not in growing]
        for names in filter(None, (fixed, growing)):
            of = [part for part in parts if any(name in _needs(part, amounts) for name in names)]
            had, asked = (_words(catalogue, names, needs) for needs in (has, asks))
            text = f"{role} gets {had}; its own guide asks for {asked} {_served(of, amounts, exact=names is growing)}"
            answer.append(f"{text}{_holds(catalogue, of, amounts, names, has)} ({_sources(of)})")
    return tuple(answer)


def _told(catalogue: Catalogue, amounts: Mapping[str, int]) -> list[Part]:
    roles = {part.role for part in catalogue.sizing if part.by in amounts}
    return [part for part in catalogue.sizing if part.role in roles and (part.by is None or part.by in amounts)]


def _beyond(part: Part, amounts: Mapping[str, int]) -> str | None:
    """Say that an amount is above the last grade of a part, if it is."""
    if part.by is None or not part.grades or amounts[part.by] <= part.grades[-1].upto:
        return None
    end = part.beyond or f"its guide ends at {part.grades[-1].upto}"
    return f"{part.role}: {amounts[part.by]} {part.unit}, and {end} ({part.source})"


def _grade(part: Part, amounts: Mapping[str, int]) -> Grade | None:
    if part.by is None:
        return None
    return next((grade for grade in part.grades if amounts[part.by] <= grade.upto), None)


def _per(part: Part, amounts: Mapping[str, int]) -> dict[str, int]:
    """Return what a part needs for each unit of its measure."""
    grade = _grade(part, amounts)
    return {**part.per, **(grade.per if grade else {})}


def _needs(part: Part, amounts: Mapping[str, int]) -> dict[str, int]:
    total = dict(part.base)
    grade = _grade(part, amounts)
    tables = [(grade.needs, 1)] if grade else []
    if part.by is not None:
        tables.append((_per(part, amounts), amounts[part.by]))
    for needs, times in tables:
        for resource, amount in needs.items():
            total[resource] = total.get(resource, 0) + amount * times
    return total


def _least(part: Part, counts: Mapping[str, int]) -> int:
    """Return the least that a part can be asked for: the copies of the role that it counts, or one."""
    return max(1, sum(number for role, number in counts.items() if kind_of(role) == part.of))


def _words(catalogue: Catalogue, names: Iterable[str], needs: Mapping[str, int]) -> str:
    return " and ".join(_amount(name, catalogue.resources[name].kind, needs[name]) for name in names)


def _amount(name: str, kind: Kind, amount: int) -> str:
    return f"{show(amount, kind)} cores" if kind is Kind.CPU else f"{show(amount, kind)} of {name}"


def _served(parts: Iterable[Part], amounts: Mapping[str, int], *, exact: bool) -> str:
    """Return 'for up to 10 managed OBServers': the amounts that what is asked for is enough for."""
    texts = []
    for part in parts:
        grade = _grade(part, amounts)
        if part.by is not None:
            amount = amounts[part.by]
            unit = part.unit.removesuffix("s") if amount == 1 else part.unit
            if exact or grade is None:
                texts += [f"{amount} {unit}"] if _per(part, amounts) or grade is None else []
            else:
                texts.append(f"up to {grade.upto} {part.unit}")
    return f"for {' and '.join(dict.fromkeys(texts))}"


def _holds(
    catalogue: Catalogue,
    parts: Iterable[Part],
    amounts: Mapping[str, int],
    names: Iterable[str],
    has: Mapping[str, int],
) -> str:
    """Return for how many units of what grows it is enough after all, if for any."""
    growing = [part for part in parts if part.by is not None and any(name in _per(part, amounts) for name in names)]
    if len(growing) != 1 or growing[0].by is None:
        return ""
    part, by = growing[0], growing[0].by

    def enough(amount: int) -> bool:
        asks = sized(catalogue, {**amounts, by: amount})[part.role]
        return all(asks[name] <= has[name] for name in names)

    # What is asked for never falls when the amount rises, so the amounts that it is enough for come first.
    most = bisect_right(range(1, amounts[by] + 1), 0, key=lambda amount: 0 if enough(amount) else 1)
    return f", and this is enough for {most}" if most else ""


def _sources(parts: Iterable[Part]) -> str:
    """Name the guides; where they stand is told by `obplace roles`."""
    return "; ".join(dict.fromkeys(part.source.partition(": ")[0] for part in parts))
