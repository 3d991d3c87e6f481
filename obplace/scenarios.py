"""The flags that say what is to be different: each is a scenario beside the question that all other flags ask."""

from collections.abc import Iterable, Sequence
from typing import Any

from obplace.errors import UsageError
from obplace.flags import Pairs, number_or_range
from obplace.pool import Pool


def scenarios(
    pool: Pool, without: Sequence[str], with_role: Sequence[str], with_minimum: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return the words of each scenario by its name: each flag is one, and commas in it join what differs at once."""
    found: dict[str, dict[str, Any]] = {}
    for text in without:
        machines = _machines(pool, text)
        found[f"without {', '.join(machines)}"] = {"ban": machines}
    pairs = Pairs()
    for text in with_role:
        roles = pairs.one("--with-role", [text], "ROLE=N", number_or_range)
        found[f"with {_said(roles.items())}"] = {"roles": roles}
    for text in with_minimum:
        minimum = pairs.one("--with-minimum", [text], "ROLE.RESOURCE=QUANTITY", str)
        found[f"with {_said(minimum.items())}"] = {"minimum": minimum}
    if pairs.wrong:
        raise UsageError(pairs.wrong)
    return found


def _machines(pool: Pool, text: str) -> tuple[str, ...]:
    """Return the machines of a text: a name may hold commas, so it is one name if there is such a machine."""
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    return (text,) if len(parts) < 2 or pool.find([text]) else parts


def _said(pairs: Iterable[tuple[str, int | str]]) -> str:
    return ", ".join(f"{key}={value}" for key, value in pairs)
