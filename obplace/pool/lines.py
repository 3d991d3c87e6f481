"""Split a delimited text into records as RFC 4180 has it, and tell on which line each begins."""

from collections.abc import Iterable, Iterator, Sequence


def inside_quotes(line: str, delimiter: str, inside: bool) -> bool:
    """Tell whether a quoted field is open at the end of a line, given whether one was at its start."""
    if '"' not in line:
        return inside
    position, end = 0, len(line)
    while True:
        if inside:
            position = line.find('"', position)
            if position < 0:
                return True
            if line.startswith('""', position):
                position += 2
                continue
            inside = False
        elif line.startswith('"', position):
            inside, position = True, position + 1
            continue
        # What follows a closing quote, like a field that does not begin with one, runs to the next delimiter.
        position = line.find(delimiter, position) + 1
        if position == 0 or position > end:
            return False


def record_starts(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, bool]]:
    """Yield for each record the number of its first line, from 1, and whether its quotes are closed.

    Empty lines are no records.
    """
    start, inside = 0, False
    for number, line in enumerate(lines, 1):
        if not inside:
            if not line.rstrip("\r\n"):
                continue
            start = number
        inside = inside_quotes(line, delimiter, inside)
        if not inside:
            yield start, True
    if inside:
        yield start, False


def first_lines(lines: Iterable[str], delimiter: str, records: Sequence[int]) -> dict[int, int]:
    """Return record number → number of its first line, reading no further than needed."""
    wanted, last = set(records), max(records, default=-1)
    found = {}
    for record, (line, _) in enumerate(record_starts(lines, delimiter)):
        if record in wanted:
            found[record] = line
        if record >= last:
            break
    return found


def unclosed(lines: Iterable[str], delimiter: str) -> int | None:
    """Return the line on which the record begins that never closes its quote, None when there is none."""
    return next((line for line, closed in record_starts(lines, delimiter) if not closed), None)
