"""Pictures hold what they should, at any size: nothing collides, no colour means anything alone, names are data."""

import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Text

import obplace
from obplace.drill import Verdict, drill
from obplace.errors import UsageError
from obplace.plan import Plan
from obplace.report import write_picture
from obplace.report.looks import short
from obplace.solver import Result, Solver
from obplace.swings import Sensitivity, sensitivity
from obplace.words import width
from tests.reply import Tell
from tests.test_why import ONE, POOL, result
from tests.tiny import catalogue, tiny

mpl.use("Agg")

SIZES = [None, (5.0, 3.5)]


@pytest.fixture(autouse=True)
def _no_figures_left() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def base() -> Result:
    """Six equal machines in three zones and several racks."""
    rows = [(f"m{k}", 16, "64 GB", "4 TB", 100 + k, f"z{k % 3}", "n", f"r{k}") for k in range(6)]
    columns = ["machine", "cpu", "memory", "storage", "cost", "zone", "idc", "rack"]
    return obplace.solve(pd.DataFrame(rows, columns=columns), spread={"observer": "zone"})


def of_size(plan: Plan, servers: int, name: str = "host-{:03}") -> Plan:
    """Return a plan of so many servers like those of a plan, in zones and racks of its own."""
    copies = []
    for number in range(servers):
        like = plan.assignments[number % plan.servers]
        where = {"zone": f"z{number % 3}", "idc": f"i{number % 3}", "rack": f"i{number % 3}/r{number // 9}"}
        copies.append(replace(like, name=name.format(number), machine=replace(like.machine, domains=where)))
    return replace(plan, assignments=tuple(copies))


def planned(base: Result) -> Plan:
    """Return the plan of a result that has one."""
    assert base.plan is not None
    return base.plan


@pytest.fixture(scope="module")
def swings(base: Result) -> Sensitivity:
    """What swings its plan."""
    return sensitivity(base, solver=ONE)


def swinging(found: Sensitivity, names: str) -> Sensitivity:
    """Return the same under other names."""
    return replace(found, swings=tuple(replace(each, name=names.format(each.name)) for each in found.swings))


@dataclass(frozen=True)
class Spot:
    """A point of a frontier."""

    values: Mapping[str, Any]
    bounds: Mapping[str, Any]

    @property
    def proven(self) -> bool:
        """Do they meet?"""
        return self.values == self.bounds


@dataclass(frozen=True)
class Gap:
    """Where points may be missing."""

    best: Mapping[str, Any]
    worst: Mapping[str, Any]


@dataclass(frozen=True)
class Front:
    """A frontier, as the picture reads it."""

    points: tuple[Spot, ...]
    objectives: tuple[str, ...] = ("servers", "cost")
    more: frozenset[str] = frozenset()
    between: tuple[Gap, ...] = ()


def front(number: int, unproven: int | None = None, names: tuple[str, str] = ("servers", "cost")) -> Front:
    """Return a frontier of so many points, one of them unproven."""
    spots = []
    for k in range(number):
        values = {names[0]: 4 + k, names[1]: Decimal(9000 - 6000 * k // (k + 3))}
        low = {names[0]: 4 + k, names[1]: values[names[1]] - 100}
        spots.append(Spot(values, low if k == unproven else values))
    return Front(tuple(spots), names)


def drawn(draw: Callable[..., Axes], size: tuple[float, float] | None) -> Axes:
    """Draw in a new figure, or in axes of a size, with every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = draw(plt.figure(figsize=size, layout="constrained").add_subplot() if size else None)
        figure = ax.get_figure(root=True)
        assert figure is not None
        figure.set_dpi(200)  # small letters are drawn on whole pixels, which makes them wider than they are
        figure.canvas.draw()
    return ax


def check_room(ax: Axes) -> None:
    """No text runs into another or out of the figure."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    ticks = [(ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())]
    unseen = {
        id(label)
        for axis, limits in ticks
        for tick, place in zip(axis.get_major_ticks(), axis.get_majorticklocs(), strict=False)
        for label in (tick.label1, tick.label2)
        if not (ax.axison and min(limits) <= place <= max(limits))
    }
    found = [each for each in figure.findobj(Text) if isinstance(each, Text) and id(each) not in unseen]
    texts = [each for each in found if each.get_text() and each.get_visible()]
    extents = [(each.get_text(), each.get_window_extent()) for each in texts]
    frame = figure.bbox
    for index, (text, box) in enumerate(extents):
        assert frame.x0 - 1 <= box.x0 <= box.x1 <= frame.x1 + 1, text
        assert frame.y0 - 1 <= box.y0 <= box.y1 <= frame.y1 + 1, text
        for other, beside in extents[index + 1 :]:
            across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            up = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            assert across <= 1 or up <= 1, f"{text!r} and {other!r}"


def texts(ax: Axes) -> list[str]:
    """Return what is written in the axes."""
    return [each.get_text() for each in ax.texts]


def legend(ax: Axes) -> list[str]:
    """Return the entries of the legend."""
    found = ax.get_legend()
    assert found is not None
    return [each.get_text() for each in found.get_texts()]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("servers", [3, 40])
@pytest.mark.parametrize("picture", [obplace.plot_places, obplace.plot_capacity])
def test_plans_have_room(
    base: Result, picture: Callable[..., Axes], servers: int, size: tuple[float, float] | None
) -> None:
    """From three servers to forty, on a page of its own or in a corner."""
    check_room(drawn(partial(picture, of_size(planned(base), servers)), size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("servers", [3, 40])
def test_drills_have_room(base: Result, servers: int, size: tuple[float, float] | None) -> None:
    """A matrix grows with the losses that differ."""
    check_room(drawn(partial(obplace.plot_drill, drill(of_size(planned(base), servers))), size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["{}", "a-machine-with-a-name-that-nobody-would-type-{}"])
def test_swings_have_room(swings: Sensitivity, name: str, size: tuple[float, float] | None) -> None:
    """Labels at both ends of bars, names to the left of them all."""
    check_room(drawn(partial(obplace.plot_sensitivity, swinging(swings, name)), size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", [1, 2, 12, 50])
def test_frontiers_have_room(number: int, size: tuple[float, float] | None) -> None:
    """Numbers that would run into each other are left out; the first plan has its own always."""
    ax = drawn(partial(obplace.plot_frontier, front(number, unproven=1)), size)

    check_room(ax)
    assert "4 · 9,000" in texts(ax)


HOSTILE = ["$\\frac{1}{$-{}", "db\x1b[31m\u202e-{}", "主机-{}", "\U00013000-{}", "<b>&-{}"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_data(base: Result, swings: Sensitivity, name: str) -> None:
    """Neither mathematics nor control characters nor a missing font spoils a picture or its file."""
    safe = name.replace("{1}{$", "{{1}}{{$")
    plan = of_size(planned(base), 4, safe)
    for draw in (
        partial(obplace.plot_places, plan),
        partial(obplace.plot_capacity, plan),
        partial(obplace.plot_drill, drill(plan)),
        partial(obplace.plot_sensitivity, swinging(swings, safe)),
    ):
        buffer = io.StringIO()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ax = draw(None)
            ax.get_figure(root=True).savefig(buffer, format="svg")  # type: ignore[union-attr]  # it has one
        ElementTree.fromstring(buffer.getvalue())
        assert not any("\x1b" in text or "\u202e" in text for text in texts(ax))


def test_names_of_objectives_are_data() -> None:
    """They come from elsewhere too."""
    ax = drawn(partial(obplace.plot_frontier, front(3, names=("$a$", "主机"))), None)

    assert ax.get_xlabel() == "$a$ (less is better)"


@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_same_picture_is_the_same_bytes(base: Result, form: str, tmp_path: Path) -> None:
    """No date, no random names: a picture in a repository changes when the plan does."""
    for name in ("one", "two"):
        write_picture(partial(obplace.plot_places, planned(base)), tmp_path / f"{name}.{form}")

    assert (tmp_path / f"one.{form}").read_bytes() == (tmp_path / f"two.{form}").read_bytes()
    assert plt.get_fignums() == []


def test_places_show_zones_racks_roles_and_fill(base: Result) -> None:
    """A frame for each zone and rack, each server with its roles in letters, a bar for what is filled."""
    ax = drawn(partial(obplace.plot_places, planned(base)), None)
    said = texts(ax)

    assert [text for text in said if text.startswith("zone")] == ["zone z0, idc n", "zone z1, idc n", "zone z2, idc n"]
    assert sum(text.startswith("rack r") for text in said) == 4
    assert said.count("observer, odp") == 3
    assert said.count("50%") >= 3  # OBServer and ODP need 4 cores each, of 16
    assert legend(ax) == ["observer", "odp", "ocp"]


def test_places_without_domains_are_one_crowd(base: Result) -> None:
    """Where nothing is known of places there are servers and no frames; what is not known is called so."""
    plan = planned(base)
    nowhere = [replace(each, machine=replace(each.machine, domains={})) for each in plan.assignments]
    half = [
        replace(each, machine=replace(each.machine, domains={"zone": None, "rack": None})) for each in plan.assignments
    ]
    half[0] = plan.assignments[0]

    plain = texts(drawn(partial(obplace.plot_places, replace(plan, assignments=tuple(nowhere))), None))
    mixed = texts(drawn(partial(obplace.plot_places, replace(plan, assignments=tuple(half))), None))
    assert not any(text.startswith(("zone", "rack")) for text in plain)
    assert {"zone unknown", "rack unknown"} <= set(mixed)


def test_racks_of_one_name_say_where_they_stand(base: Result) -> None:
    """A zone that is not known may be several places; where it is one, its title says which."""
    zoned, *others = planned(base).assignments

    def shown(*idcs: str) -> set[str]:
        spots: list[dict[str, str | None]] = [{"zone": None, "idc": f"e/{idc}", "rack": f"e/{idc}/r1"} for idc in idcs]
        there = [
            replace(each, machine=replace(each.machine, domains=spot))
            for each, spot in zip(others, spots, strict=False)
        ]
        plan = replace(planned(base), assignments=(zoned, *there))
        return set(texts(drawn(partial(obplace.plot_places, plan), None)))

    assert {"rack i0/r1", "rack i1/r1", "zone unknown"} <= shown("i0", "i1")
    assert {"rack r1", "zone unknown, idc i0"} <= shown("i0")


def test_rack_that_is_too_high_goes_on(base: Result) -> None:
    """Thirty servers of one rack stand in several frames of the same name."""
    plan = of_size(planned(base), 30)
    one = [replace(each, machine=replace(each.machine, domains={"rack": "r1"})) for each in plan.assignments]
    said = texts(drawn(partial(obplace.plot_places, replace(plan, assignments=tuple(one))), None))

    assert "rack r1" in said
    assert "rack r1, more" in said


def test_capacity_names_the_tight_resource(base: Result) -> None:
    """The fullest in numbers, what is not known by name."""
    plan = planned(base)
    first = plan.assignments[0]
    blind = replace(first, machine=replace(first.machine, capacity={**first.machine.capacity, "memory": None}))
    said = texts(drawn(partial(obplace.plot_capacity, replace(plan, assignments=(blind,))), None))

    assert any(text.startswith("cpu 8 / 16") and text.endswith("memory unknown") for text in said)


def test_marks_of_resources_differ_in_shape(base: Result) -> None:
    """A grey print tells them apart."""
    ax = drawn(partial(obplace.plot_capacity, planned(base)), None)
    found = ax.get_legend()
    assert found is not None

    shapes = [line.get_marker() for line in found.get_lines()]
    assert len(set(shapes)) == len(shapes) == 3


def test_drill_tells_verdicts_in_letters_and_hatches(base: Result) -> None:
    """OCP ends with its machine; an OBServer less is survived; the cells say so without their colours."""
    found = drill(planned(base))
    ax = drawn(partial(obplace.plot_drill, found), None)
    hatched = [box for box in ax.patches if isinstance(box, Rectangle) and box.get_hatch() == "////"]

    assert found.verdict("machine", ["ocp"]) is Verdict.ENDS
    assert "× 0 of 1" in texts(ax)
    assert "2 of 3" in texts(ax)
    assert len(hatched) == sum(text.startswith("×") for text in texts(ax))
    assert legend(ax) == ["goes on", "× ends", "not touched"]


def test_drill_says_what_is_not_known(base: Result) -> None:
    """A server whose rack is blank may stand in any of them."""
    plan = planned(base)
    first = plan.assignments[0]
    blind = replace(first, machine=replace(first.machine, domains={**first.machine.domains, "rack": None}))
    ax = drawn(partial(obplace.plot_drill, drill(replace(plan, assignments=(blind, *plan.assignments[1:])))), None)

    assert any(text.startswith("? ") for text in texts(ax))
    assert "? not known" in legend(ax)


def test_tornado_is_sorted_and_told_in_letters() -> None:
    """A third of db costs 7.05 and a server, one fewer saves 5.05 and a server: the widest bar, then a for 3.00."""
    ax = drawn(partial(obplace.plot_sensitivity, sensitivity(result(), solver=ONE)), None)
    said = texts(ax)

    assert "one more: +7.05, +1 server" in said
    assert "one fewer: −5.05, −1 server" in said
    assert [text for text in said if text in ("db", "a", "b")] == ["db", "a", "b"]
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert {(bar.get_width() > 0, bar.get_hatch() or "") for bar in bars} == {(True, "////"), (False, "")}


def test_tornado_shows_where_there_is_no_plan() -> None:
    """What leaves no plan is wider than any bar, and has no length."""
    said = texts(drawn(partial(obplace.plot_sensitivity, sensitivity(result(roles={"db": 3}), solver=ONE)), None))

    assert "one more: no plan" in said
    assert "gone: no plan" in said


def test_tornado_without_prices_counts_servers() -> None:
    """The axis is one of servers."""
    machines = [{name: value for name, value in each.items() if name != "cost"} for each in POOL]
    found = sensitivity(Solver(threads=1).solve(tiny(catalogue({"db": 10}), machines, roles={"db": 2})), solver=ONE)
    ax = drawn(partial(obplace.plot_sensitivity, found), None)

    assert ax.get_xlabel() == "more servers"
    assert "one more: +1 server" in texts(ax)


@pytest.mark.parametrize("size", SIZES)
def test_two_swings_to_one_side_have_half_a_row_each(swings: Sensitivity, size: tuple[float, float] | None) -> None:
    """One server fewer may be dearer, as one more is."""
    both = replace(swings, swings=tuple(replace(each, cost=abs(each.cost or 0) + 1) for each in swings.swings))
    ax = drawn(partial(obplace.plot_sensitivity, both), size)

    check_room(ax)
    assert {round(bar.get_height(), 6) for bar in ax.patches if isinstance(bar, Rectangle)} == {0.34, 0.62}


def test_tornado_says_how_many_bars_are_left_out() -> None:
    """Beyond so many bars the smallest are not drawn."""
    ax = drawn(partial(obplace.plot_sensitivity, sensitivity(result(), solver=ONE), most=1), None)

    assert ax.get_title(loc="left").endswith("; 2 smaller swings are not drawn")


def region(ax: Axes) -> Any:
    """Return the outline of what is proven, as lists of x and y."""
    return next(line for line in ax.get_lines() if line.get_linestyle() == "-").get_data()


def test_frontier_hatches_what_is_proven() -> None:
    """At 5 servers the bound is 100 below the plan's cost, and so is the step there."""
    ax = drawn(partial(obplace.plot_frontier, front(3, unproven=1)), None)
    xs, ys = region(ax)

    assert list(zip(xs, ys, strict=True))[1:5] == [(4, 9000), (5, 9000), (5, 7400), (6, 7400)]
    assert legend(ax) == ["proven: no plan here", "plan, proven", "plan, a better one is not ruled out"]


def test_frontier_proves_nothing_where_nothing_is_known() -> None:
    """Without a bound there is no region from there on."""
    four, five, unknown = {"servers": 4, "cost": 9}, {"servers": 5, "cost": 7}, {"servers": None, "cost": None}
    xs, _ = region(drawn(partial(obplace.plot_frontier, Front((Spot(four, four), Spot(five, unknown)))), None))
    assert max(xs) == 4

    blind = Front((Spot(four, unknown),))
    assert "proven: no plan here" not in legend(drawn(partial(obplace.plot_frontier, blind), None))


def test_frontier_shows_gaps_and_what_is_better_when_larger() -> None:
    """More spare is better, so that the proven region lies above; between two plans others may be."""
    spots = [
        Spot(each, each) for each in ({"cost": 10, "spare": 1}, {"cost": 20, "spare": 2}, {"cost": 30, "spare": 4})
    ]
    gap = Gap({"cost": 20, "spare": 4}, {"cost": 30, "spare": 2})
    ax = drawn(
        partial(obplace.plot_frontier, Front(tuple(spots), ("cost", "spare"), frozenset({"spare"}), (gap,))), None
    )
    xs, ys = region(ax)

    assert ax.get_ylabel() == "spare (more is better)"
    assert (20, 4) in list(zip(xs, ys, strict=True))  # up to the best that may be in the gap
    assert "not looked at: plans may be here" in legend(ax)


@pytest.mark.parametrize("size", SIZES)
def test_numbers_stand_where_a_plan_is_worse(size: tuple[float, float] | None) -> None:
    """Up and right of it where less is better, down and right where more is: no line and no region is there."""
    servers = [{"servers": 4, "cost": 9000}, {"servers": 5, "cost": 7500}, {"servers": 9, "cost": 6000}]
    spare = [{"cost": 10, "spare": 1}, {"cost": 20, "spare": 2}, {"cost": 900, "spare": 4}]
    for spots, more, up in ((servers, frozenset(), 1), (spare, frozenset({"spare"}), -1)):
        what = Front(tuple(Spot(each, each) for each in spots), tuple(spots[0]), more)
        ax = drawn(partial(obplace.plot_frontier, what), size)
        check_room(ax)
        places = {" · ".join(f"{amount:,}" for amount in each.values()): tuple(each.values()) for each in spots}
        inside = ax.transData.inverted()
        for text in ax.texts:
            box = text.get_window_extent().transformed(inside)
            x, y = places[text.get_text()]
            assert box.x0 > x
            assert (box.y0 - y) * up > 0
            assert box.x1 < ax.get_xlim()[1]
        assert next(reversed(places)) in texts(ax)


def test_frontier_has_two_objectives() -> None:
    """Three do not fit on a sheet, and nothing is no picture."""
    for wrong in (Front(()), Front(front(1).points, ("servers", "cost", "spare"))):
        with pytest.raises(UsageError, match="two objectives and a point"):
            obplace.plot_frontier(wrong)


def test_given_axes_are_used(base: Result, swings: Sensitivity) -> None:
    """They draw where they are told and leave the user's settings as they are."""
    before = dict(mpl.rcParams)
    plan = planned(base)
    for draw, what in (
        (obplace.plot_places, plan),
        (obplace.plot_capacity, plan),
        (obplace.plot_drill, drill(plan)),
        (obplace.plot_sensitivity, swings),
        (obplace.plot_frontier, front(3)),
    ):
        _, ax = plt.subplots()
        assert draw(what, ax) is ax
    assert len(plt.get_fignums()) == 5
    assert dict(mpl.rcParams) == before


def test_wide_names_keep_both_ends() -> None:
    """Room is counted in what letters take on the page."""
    assert short("主机一二三四五六七八九十-01", 12).endswith("-01")
    assert width(short("主机一二三四五六七八九十-01", 12)) <= 12
    assert short("db-01", 12) == "db-01"


# From the command line


def test_command_draws_what_it_finds(tell: Tell, tmp_path: Path) -> None:
    """Each command that has a picture writes it beside its answer."""
    plan = tmp_path / "plan.json"
    for arguments in (
        ("solve", "data/spreadsheet.csv", "-o", plan, "--figure", tmp_path / "plan.svg"),
        ("drill", plan, "data/spreadsheet.csv", "--figure", tmp_path / "drill.PDF"),
        ("explain", "data/spreadsheet.csv", "--sensitivity", "--figure", tmp_path / "swings.png"),
        ("frontier", "data/spreadsheet.csv", "--figure", tmp_path / "frontier.svg"),
    ):
        code, _, err = tell(*arguments)
        assert (code, err) == (0, "")

    for name in ("plan.svg", "frontier.svg"):
        assert ElementTree.parse(tmp_path / name).getroot().tag.endswith("svg")
    assert (tmp_path / "drill.PDF").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "swings.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("solve", "data/clean.csv", "--figure", "plan.txt"), "expected a name that ends in .png, .svg, .pdf"),
        (("solve", "data/clean.csv", "--figure", "nowhere/plan.svg"), "cannot write nowhere/plan.svg"),
        (("explain", "data/clean.csv", "--prices", "--figure", "p.svg"), "--figure draws what --sensitivity finds"),
        (("frontier", "data/clean.csv", "--figure", "f.gif"), "expected a name that ends in .png, .svg, .pdf"),
        (
            ("frontier", "data/clean.csv", "--of", "servers,cost,spare", "--figure", "f.svg"),
            "--figure draws two objectives, --of names 3",
        ),
    ],
)
def test_command_tells_why_there_is_no_picture(tell: Tell, arguments: tuple[str, ...], said: str) -> None:
    """A form that there is not, a place that there is not, nothing to draw."""
    code, _, err = tell(*arguments)

    assert code == 2
    assert said in err


def test_no_plan_has_no_picture(tell: Tell, tmp_path: Path) -> None:
    """The answer is that without a picture, and no file is left."""
    for command in ("solve", "frontier"):
        code, _, _ = tell(
            command, "data/clean.csv", "--minimum", "observer.memory=99TB", "--figure", tmp_path / "p.svg"
        )

        assert code == 3
        assert not (tmp_path / "p.svg").exists()
