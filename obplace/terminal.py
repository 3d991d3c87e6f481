"""What a person sees in a terminal: the table of a plan, the catalogue, the progress of a long solve."""

import io
import os
import shutil
import sys
import threading
from types import TracebackType

from rich.console import Console, JustifyMethod, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from obplace import preflighted
from obplace.billed import bill_aligned, bill_header, bill_rows
from obplace.catalogue import Catalogue, Change, Fact, Role, Topology, about, changes, rules, topologies, worded
from obplace.drill import Drill
from obplace.drilled import remarks, sheets, summary
from obplace.lot import countless
from obplace.notes import kept, notes
from obplace.plan import Plan, Status
from obplace.preflight import Preflight
from obplace.quantity import show
from obplace.result import Progress, Result
from obplace.sheet import aligned, header, rows
from obplace.words import headline, plain, width

WIDE = 240  # columns where nobody looks: a file, a pipe
NAME = 24  # columns that a machine's name keeps where room is short
SHORT = 24  # columns of a value that has room in a table; longer ones are told in lines
ITEM = 26  # columns of an item that has room beside two values in 80 columns
PATIENCE = 1.0  # seconds after which a solve is long enough to be watched


def show_result(result: Result, to_file: bool) -> str:
    """Return a result for people: what is proven, who runs what, and what there is to know besides."""
    parts: list[RenderableType] = [Text(plain(headline(result)), style="bold")]
    if result.plan is not None:
        parts += [Text(""), _table(result.plan), Text("")]
        if result.plan.bill:
            parts += [Text("To buy", style="bold"), _bill(result.plan), Text("")]
    parts += [_item(text) for text in (*result.reasons, *notes(result), *filter(None, [kept(result)]))]
    if result.plan is not None:
        parts.append(_item(_took(result)))
    if result.status is Status.INFEASIBLE and not countless(result.problem):
        parts.append(_item("obplace explain with the same flags says what cannot hold together, and what to change"))
    return _rendered(parts, to_file)


def show_drill(drill: Drill, to_file: bool) -> str:
    """Return a drill for people: what is survived, what each loss leaves, and what there is to know besides."""
    parts: list[RenderableType] = [Text(plain(summary(drill)), style="bold")]
    for sheet in sheets(drill):
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for name in sheet.header:
            table.add_column(plain(name), overflow="fold")
        for row in sheet.rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        parts += [Text(""), table]
    return _rendered([*parts, Text(""), *map(_item, remarks(drill))], to_file)


def show_preflight(preflight: Preflight, to_file: bool) -> str:
    """Return a preflight for people: what would be refused, what to check on which hosts, and what it rests on."""
    parts: list[RenderableType] = [Text(plain(preflighted.summary(preflight)), style="bold")]
    for finding in preflight.findings:
        parts += [Text(""), Text(plain(preflighted.title(finding)), style="bold")]
        parts += [_item(f"{name}: {text}") for name, text in preflighted.phrases(finding)]
    for checklist in preflight.checklists:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
        for column in ("what", "how", "code"):
            table.add_column(column, overflow="fold", no_wrap=column == "code")
        for point in checklist.points:
            table.add_row(*(Text(plain(cell)) for cell in (point.topic, point.text, point.code or "")))
        parts += [Text(""), Text(plain(preflighted.heading(checklist)), style="bold"), table]
    return _rendered([*parts, Text(""), *map(_item, preflighted.remarks(preflight))], to_file)


def show_catalogue(catalogue: Catalogue) -> str:
    """Return the roles with what they need at each level, who shares with whom, and the sources."""
    parts: list[RenderableType] = [Text(f"{catalogue.name}: {catalogue.title}", style="bold")]
    parts.append(Text(f"Source: {catalogue.source}"))
    for role in catalogue.roles.values():
        parts += [Text(""), *_role(catalogue, role)]
    parts += [Text(""), Text("Sharing a server", style="bold")]
    if catalogue.free:
        parts.append(_item("any roles may share, their needs add up"))
    elif not catalogue.sharing:
        parts.append(_item("no two roles may share"))
    for pair in catalogue.sharing:
        how = "included in its needs" if pair.included else "added to its needs"
        parts.append(_item(f"{pair.guest} on {pair.host}, {how}: “{pair.source}”"))
    if catalogue.advice:
        parts += [Text(""), Text("What a plan says", style="bold")]
    for each in catalogue.advice:
        level = f" at level {each.level}" if each.level else ""
        parts.append(_item(f"{each.role}, {each.copies} or more{level}: {each.text} “{each.source}”"))
    if catalogue.rules:
        parts += [Text(""), Text("What holds unless a deployment says otherwise", style="bold")]
        parts += [_item(f"{item}: {_value(fact)}: “{fact.source}”") for item, fact in rules(catalogue)]
    for preset in catalogue.presets.values():
        parts += [Text(""), Text(f"Preset {preset.name}: {preset.title}", style="bold")]
        parts.append(_item(f"{worded(preset.words)}: “{preset.source}”"))
    for topology in topologies(catalogue).values():
        parts += [Text(""), *_topology(topology)]
    return _rendered(parts, to_file=False)


def show_changes(before: Catalogue, after: Catalogue) -> str:
    """Return what changed from one catalogue to another, role by role, with the sources of both."""
    found = changes(before, after)
    parts: list[RenderableType] = [Text(f"From {before.name} to {after.name}", style="bold")]
    parts += [_item(f"{each.name}: {each.title}. Source: {each.source}") for each in (before, after)]
    if not found:
        parts += [Text(""), Text("No number, pair or preset differs.")]
    widest = max((width(change.item) for change in found if width(change.item) <= ITEM), default=0)
    for subject in dict.fromkeys(change.subject for change in found):
        here = [change for change in found if change.subject == subject]
        only = [each.name for each in (before, after) if subject in each.roles]
        parts += [Text(""), Text(subject or "the whole", style="bold")]
        if len(only) == 1:
            parts[-1] = Text(f"{subject}: only in {only[0]}", style="bold")
        parts += _compared(here, (before.name, after.name), widest)
    return _rendered(parts, to_file=False)


def _compared(found: list[Change], names: tuple[str, str], widest: int) -> list[RenderableType]:
    """Return the changes of one subject: values side by side, then the sentences, then where they come from."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", min_width=widest, overflow="fold")
    for name in names:
        table.add_column(plain(name), min_width=SHORT, overflow="fold")
    lines: list[RenderableType] = []
    sources: dict[tuple[str, str], list[str]] = {}
    for change in found:
        sides = list(zip(names, (change.before, change.after), strict=True))
        if width(change.item) > ITEM or any(width(_value(fact)) > SHORT for _, fact in sides):
            told = [(name, fact) for name, fact in sides if fact is not None]
            only = "only in " if len(told) == 1 else ""
            lines += [_item(f"{change.item}, {only}{name}: {_value(fact)}") for name, fact in told]
        else:
            table.add_row(*(Text(plain(text)) for text in (change.item, *(_value(fact) for _, fact in sides))))
        for name, fact in sides:
            if fact is not None and fact.source:
                sources.setdefault((name, fact.source), []).append(change.item)
    lines += [_item(f"{name} on {', '.join(items)}: “{text}”") for (name, text), items in sources.items()]
    return [table, *lines] if table.row_count else lines


def _value(fact: Fact | None) -> str:
    return "-" if fact is None or fact.value is None else fact.value


def _role(catalogue: Catalogue, role: Role) -> list[RenderableType]:
    copies = f"{role.copies} by default" if not role.optional else f"optional, {role.copies} when added"
    lines: list[RenderableType] = [
        Text(f"{role.name}: {role.title}, {copies}", style="bold"),
        _item(f"“{role.source}”"),
    ]
    for index, level in enumerate(catalogue.levels):
        minimum = role.minimums[level]
        if index and minimum is role.minimums[catalogue.levels[index - 1]]:
            lines.append(_item(f"{level}: as {catalogue.levels[index - 1]}"))
            continue
        needs = ", ".join(
            f"{name} {show(amount, catalogue.resources[name].kind)}" for name, amount in minimum.needs.items()
        )
        lines.append(_item(f"{level}: {needs or 'nothing'}: “{minimum.source}”"))
    return [*lines, *(_item(f"{item}: {_value(fact)}: “{fact.source}”") for item, fact in about(catalogue, role))]


def _topology(topology: Topology) -> list[RenderableType]:
    survives = f"survives the loss of any {', '.join(topology.survives)}" if topology.survives else "survives nothing"
    return [
        Text(f"Topology {topology.name}: {topology.title}", style="bold"),
        _item(f"{topology.role} {survives}; no promise for {', '.join(topology.not_survives)}: “{topology.source}”"),
        _item(worded(topology.words)),
    ]


def _table(plan: Plan) -> Table:
    """Return the sheet of a plan; a domain that is the same for all servers stands once, above."""
    names, lines = header(plan), rows(plan)
    same = {
        index
        for index, name in enumerate(names)
        if name in plan.assignments[0].machine.domains and len({line[index] for line in lines}) == 1
    }
    caption = ", ".join(f"{names[index]} {plain(lines[0][index])}" for index in sorted(same))
    title = f"all in {caption}" if caption else None
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), title=title, title_justify="left")
    shown = [index for index in range(len(names)) if index not in same]
    numbers = aligned(plan)
    for index in shown:
        # Numbers stay whole, names as long as they are not absurd; roles fold first where the room is short.
        widest = max(width(line[index]) for line in lines)
        justify: JustifyMethod = "right" if numbers[index] else "left"
        least = min(widest, NAME) if names[index] == "machine" else None
        table.add_column(names[index], justify=justify, no_wrap=numbers[index], overflow="fold", min_width=least)
    for line in lines:
        table.add_row(*(Text(plain(line[index])) for index in shown))
    return table


def _bill(plan: Plan) -> Table:
    """Return the bill of a plan."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name, number in zip(bill_header(plan), bill_aligned(plan), strict=True):
        table.add_column(name, justify="right" if number else "left", no_wrap=number, overflow="fold")
    for line in bill_rows(plan):
        table.add_row(*(Text(plain(cell)) for cell in line))
    return table


def _item(text: str) -> Table:
    """Return a line with a dash before it, its continuation indented."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")  # the end of a path must not be lost
    grid.add_row("-", Text(plain(text)))
    return grid


def _took(result: Result) -> str:
    parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in result.seconds.items() if seconds >= 0.005)
    return f"solved in {sum(result.seconds.values()):.2f} s{f' ({parts})' if parts else ''}"


def _rendered(parts: list[RenderableType], to_file: bool) -> str:
    """Return the text, coloured where a terminal will show it."""
    watched = not to_file and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if watched or "COLUMNS" in os.environ else WIDE
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=watched, highlight=False, markup=False, emoji=False)
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


class Bar:
    """A bar on standard error while many scenarios are solved; silent where nobody looks."""

    def __init__(self, total: int) -> None:
        console = Console(stderr=True, highlight=False, markup=False)
        columns = (
            MofNCompleteColumn(),
            BarColumn(),
            TimeRemainingColumn(),
            TextColumn("Ctrl-C ends, what is done stays"),
        )
        self._progress = Bars(*columns, console=console, transient=True, disable=not sys.stderr.isatty())
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def watch(self, done: int) -> None:
        """Say how many are done."""
        self._progress.update(self._task, completed=done)


class Display:
    """A line on standard error while a long solve runs: value, bound and gap; silent where nobody looks."""

    def __init__(self) -> None:
        self._last: Progress | None = None
        self._value: int | None = None
        self._bound: int | None = None
        self._live: Live | None = None
        self._timer = threading.Timer(PATIENCE, self._start)
        self._timer.daemon = True
        self.watch = self._seen if sys.stderr.isatty() else None

    def __enter__(self) -> "Display":
        if self.watch is not None:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._live is not None:
            self._live.stop()

    def _start(self) -> None:
        console = Console(stderr=True, highlight=False, markup=False)
        self._live = Live(console=console, get_renderable=self._line, transient=True, refresh_per_second=4)
        self._live.start()

    def _seen(self, progress: Progress) -> None:
        if self._last is None or self._last.objective != progress.objective:
            self._value = self._bound = None
        self._value = progress.value if progress.value is not None else self._value
        self._bound = progress.bound if progress.bound is not None else self._bound
        self._last = progress

    def _line(self) -> Text:
        if self._last is None:
            return Text("solving … Ctrl-C ends with the best plan so far")
        parts = [f"{self._last.objective}: best {'-' if self._value is None else f'{self._value:,}'}"]
        parts.append(f"bound {'-' if self._bound is None else f'{self._bound:,}'}")
        if self._value and self._bound is not None:
            parts.append(f"gap {(self._value - self._bound) / self._value:.2%}")
        parts.append(f"{self._last.seconds:.0f} s; Ctrl-C ends with the best plan so far")
        return Text(", ".join(parts))
