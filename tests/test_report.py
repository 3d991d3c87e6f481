"""What people see of a plan: the picture says what is filled and with what, the table escapes what is data."""

import io
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

import obplace
from obplace.catalogue import Combine
from obplace.patterns import patterns, split
from obplace.plan import Assignment, Objective, Plan, Proof, Status
from obplace.report.html import MOST
from obplace.result import Result
from obplace.words import fills, headline, plain, width
from tests.problems import problem

mpl.use("Agg")

FILLED = 0.4  # line width of what a role takes; frames have other ones


@pytest.fixture(autouse=True)
def _no_figures_left() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def result() -> Result:
    """Four equal machines with room for any roles that may share: observer and odp on three, ocp and oat on one."""
    rows = [(f"m{number}", 16, "64 GB", "4 TB", 100, f"z{number}") for number in range(1, 5)]
    return obplace.solve(pd.DataFrame(rows, columns=["machine", "cpu", "memory", "storage", "cost", "zone"]))


@pytest.fixture
def plan(result: Result) -> Plan:
    """Return the plan of that result."""
    assert result.plan is not None
    return result.plan


def renamed(plan: Plan, *names: str) -> Plan:
    """Return a plan whose first machines are called otherwise; the rest are left out."""
    pairs = zip(plan.assignments, names, strict=False)
    return replace(plan, assignments=tuple(replace(each, name=name) for each, name in pairs))


def of_size(plan: Plan, servers: int) -> Plan:
    """Return a plan of so many servers like the first."""
    first = plan.assignments[0]
    return replace(plan, assignments=tuple(replace(first, name=f"host-{k:03}") for k in range(servers)))


def with_capacity(plan: Plan, **capacity: int | None) -> Plan:
    """Return a plan whose machines have another capacity than they had."""

    def changed(each: Assignment) -> Assignment:
        machine = replace(each.machine, capacity={**each.machine.capacity, **capacity})
        return replace(each, machine=machine)

    return replace(plan, assignments=tuple(map(changed, plan.assignments)))


def boxes(ax: Axes, row: int) -> list[Rectangle]:
    """Return what fills the frames of a row, from left to right."""
    return [
        patch
        for patch in ax.patches
        if isinstance(patch, Rectangle)
        and patch.get_linewidth() == FILLED
        and round(patch.get_y() + patch.get_height() / 2) == row
    ]


def texts(ax: Axes) -> list[str]:
    """Return what is written beside the bars."""
    return [text.get_text() for text in ax.texts]


def legend(ax: Axes) -> list[str]:
    """Return the entries of the legend."""
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def svg(ax: Axes) -> ElementTree.Element:
    """Draw for good; every warning is an error, and so is SVG that no parser accepts."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.get_figure().savefig(buffer, format="svg")
    return ElementTree.fromstring(buffer.getvalue())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_shares_of_the_roles_add_up(seed: int):
    """What the roles of a pattern take of a resource is together what the pattern needs of it."""
    drawn = problem(seed)

    for pattern in patterns(drawn):
        parts = split(drawn, pattern)
        for (name, resource), need in zip(drawn.catalogue.resources.items(), pattern.needs, strict=True):
            if resource.combine is Combine.SUM:
                assert sum(taken[name] for taken in parts.values()) == need


def test_included_guest_takes_nothing(plan: Plan):
    """OCP's minimum includes OAT, so on their machine OCP takes all that is taken."""
    (host,) = plan.where("oat")

    assert set(host.used_by["oat"].values()) == {0}
    assert host.used_by["ocp"]["cpu"] == host.used["cpu"] == 8000


def test_bars_are_shares_of_the_capacity(plan: Plan):
    """OBServer and ODP need 4 cores each, a quarter of 16; 16 + 8 of 64 GB; 1.2 + 0.2 of 4 TB."""
    ax = obplace.plot_plan(plan)

    assert [round(box.get_width(), 6) for box in boxes(ax, 0)] == [0.25, 0.25, 0.25, 0.125, 0.3, 0.05]
    assert texts(ax)[4:].count("8 / 16") == 4  # OCP needs 8 cores as well
    assert "1.4 / 4 TB" in texts(ax)


def test_roles_differ_in_more_than_colour(plan: Plan):
    """Two roles have neither colour nor hatch in common, and the machine's roles stand beside it in words."""
    ax = obplace.plot_plan(plan)

    observer, odp = boxes(ax, 0)[:2]
    assert to_hex(observer.get_facecolor()) != to_hex(odp.get_facecolor())
    assert observer.get_hatch() != odp.get_hatch()
    assert texts(ax).count("observer, odp") == 3


def test_role_looks_the_same_in_every_plan(plan: Plan):
    """A plan without OBServer draws ODP and OCP as a plan with it does, so that pictures can be compared."""
    whole = obplace.plot_plan(plan)
    less = obplace.plot_plan(replace(plan, assignments=plan.assignments[3:]))

    assert boxes(whole, 3)[0].get_hatch() == boxes(less, 0)[0].get_hatch()
    assert boxes(whole, 3)[0].get_facecolor() == boxes(less, 0)[0].get_facecolor()


def test_legend_names_who_takes_something_and_who_does_not(plan: Plan):
    """OAT runs within what OCP takes: no bar shows it, so the legend says so."""
    assert legend(obplace.plot_plan(plan)) == ["observer", "odp", "ocp", "oat (included)"]


def test_unknown_capacity_is_an_empty_dashed_frame(plan: Plan):
    """What nobody knows is neither full nor empty."""
    ax = obplace.plot_plan(with_capacity(plan, storage=None))

    assert len(boxes(ax, 0)) == 4  # two roles in cpu and memory
    assert texts(ax).count("unknown") == 4
    assert sum(patch.get_linestyle() != "solid" for patch in ax.patches) == 4


def test_capacity_of_nothing_is_drawn(plan: Plan):
    """A machine without storage divides nothing by zero."""
    none = [replace(each, used={}, used_by={role: {} for role in each.roles}) for each in plan.assignments]

    ax = obplace.plot_plan(with_capacity(replace(plan, assignments=tuple(none)), storage=0))

    assert boxes(ax, 0) == []
    assert legend(ax) == ["observer, odp, ocp, oat (included)"]


def test_more_than_full_stays_out_of_the_numbers(plan: Plan):
    """A machine that only a tolerance admits is full to just beyond its frame; the numbers say by how much."""
    ax = obplace.plot_plan(with_capacity(plan, cpu=4000))

    assert sum(box.get_width() for box in boxes(ax, 0)[:2]) == pytest.approx(1.04)
    assert texts(ax).count("8 / 4") == 4


@pytest.mark.parametrize("name", [r"cost $\frac{1}{$", "$a$", "100% & <b>", r"\alpha_{", "a_b^c"])
def test_names_are_no_mathematics(plan: Plan, name: str):
    """A dollar sign in a name is a dollar sign, in the figure and in the file."""
    ax = obplace.plot_plan(renamed(plan, name))
    svg(ax)

    (text,) = [text for text in ax.texts if text.get_text() == name]
    assert not text.get_parse_math()


def test_unseen_characters_are_left_out(plan: Plan):
    """Control and bidirectional characters neither reorder the picture nor spoil the file."""
    ax = obplace.plot_plan(renamed(plan, "db\x1b[31m\u202e-01\x00\ud800"))
    svg(ax)

    assert "db[31m-01" in texts(ax)


def test_characters_without_a_font_become_codes(plan: Plan):
    """Boxes would make all such names look alike; no font that is looked for has hieroglyphs."""
    ax = obplace.plot_plan(renamed(plan, "\U00013000-01", "主机-02", "서버-03"))
    svg(ax)

    assert r"\U00013000-01" in texts(ax)


def test_long_names_keep_both_ends(plan: Plan):
    """What tells machines apart is often at the end of a name."""
    ax = obplace.plot_plan(renamed(plan, f"rack7-{'x' * 60}-host42"))

    (name,) = [text for text in texts(ax) if text.startswith("rack7")]
    assert name.endswith("-host42")
    assert len(name) == 36


def test_many_roles_are_counted(plan: Plan):
    """A list of roles that has no room beside the bars would be cut; their number is not."""
    crowded = replace(plan.assignments[0], roles=("observer", "odp", "ocp", "oat", "oms", "odc", "odp-2"))

    assert "7 roles" in texts(obplace.plot_plan(replace(plan, assignments=(crowded,))))


@pytest.mark.parametrize("servers", [1, 4, 60])
@pytest.mark.parametrize("size", [None, (5, 3)])
def test_nothing_overlaps(plan: Plan, servers: int, size: tuple[float, float] | None):
    """Whatever the number of servers and the size of the axes, no text runs into another or out of the figure."""
    ax = plt.figure(figsize=size).add_subplot() if size else None
    ax = obplace.plot_plan(of_size(plan, servers), ax)
    figure = ax.figure
    figure.set_dpi(200)  # small letters are drawn on whole pixels, which makes them wider than they are
    figure.canvas.draw()

    extents = [text.get_window_extent() for text in ax.texts]
    for index, one in enumerate(extents):
        assert figure.bbox.x0 <= one.x0 <= one.x1 <= figure.bbox.x1
        assert not any(one.overlaps(other) for other in extents[index + 1 :])


def test_given_axes_are_used(plan: Plan, monkeypatch: pytest.MonkeyPatch):
    """It draws where it is told, shows nothing and leaves the user's settings as they are."""
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("nobody asked to show it"))
    before = dict(mpl.rcParams)
    _, ax = plt.subplots()

    assert obplace.plot_plan(plan, ax) is ax
    assert len(plt.get_fignums()) == 1
    assert dict(mpl.rcParams) == before


def test_title_says_servers_and_cost(plan: Plan):
    """The title is what a reader looks for first."""
    assert obplace.plot_plan(plan).get_title(loc="left") == "4 servers, cost 400"


def test_amounts_share_the_unit_of_the_capacity(plan: Plan):
    """Two numbers in one unit can be compared at a glance, rounded to what fits."""
    odd = with_capacity(plan, memory=257_583 * 2**20, storage=15_360 * 10**9)

    assert [fill.text for fill in fills(odd, odd.assignments[0])] == ["8 / 16", "24 / 251.5 GB", "1.4 / 15.36 TB"]


def test_width_counts_wide_characters_twice():
    """Room for a name is left by what it takes on the page."""
    assert (width("db-01"), width("主机1")) == (5, 5)


def test_reprs_are_short(result: Result, plan: Plan):
    """A prompt shows what matters and not a thousand fields."""
    assert repr(plan) == "Plan(4 servers, 400)"
    assert repr(result) == "Result(optimal, Plan(4 servers, 400))"
    assert repr(replace(result, plan=None, status=Status.INFEASIBLE)) == "Result(infeasible, None)"


def test_html_has_a_row_for_each_server(result: Result):
    """A notebook shows the sheet of the plan, with its header."""
    page = ElementTree.fromstring(result._repr_html_())

    rows = [[cell.text for cell in row] for row in page.iter("tr")]
    assert rows[0] == ["machine", "roles", "zone", "cpu", "memory", "storage", "cost"]
    assert rows[1][:4] == ["m1", "observer odp", "z1", "8 / 16"]
    assert len(rows) == 5


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=1>', "a & b", "</td></table>"])
def test_html_escapes_names(plan: Plan, name: str):
    """A host name is text, whatever it looks like: the page has no element and no attribute of its making."""
    page = ElementTree.fromstring(renamed(plan, name)._repr_html_())

    assert name in [cell.text for cell in page.iter("td")]
    assert {element.tag for element in page.iter()} == {"div", "p", "table", "tr", "th", "td"}
    assert {key for element in page.iter() for key in element.attrib} == {"style"}


def test_html_escapes_reasons(result: Result):
    """Reasons name what the user wrote, and that is data as well."""
    none = replace(result, plan=None, status=Status.INFEASIBLE, reasons=("pin ocp=<b>x</b>\x1b: no such machine",))

    page = ElementTree.fromstring(none._repr_html_())

    assert [item.text for item in page.iter("li")] == ["pin ocp=<b>x</b>: no such machine"]


def test_html_loads_nothing_and_suits_dark_pages(result: Result):
    """No script, no address, no colour of text or page that a dark theme would fight with."""
    page = result._repr_html_()

    for word in ("script", "http", "url(", ";color:", '"color:', "background-color", "#"):
        assert word not in page


def test_html_of_a_large_plan_ends_early(plan: Plan):
    """A notebook is no place for a thousand rows; the page says where the others are."""
    page = ElementTree.fromstring(of_size(plan, MOST + 7)._repr_html_())

    assert len(list(page.iter("tr"))) == MOST + 1
    assert "… and 7 more: plan.to_frame() has them all." in ["".join(p.itertext()) for p in page.iter("p")]


def test_headline_of_an_optimal_plan(result: Result):
    """What was minimised, and that it is proven, stands beside the numbers."""
    said = "4 servers, cost 400: fewest servers, then lowest cost; proven, "

    assert headline(replace(result, proof=Proof.SOLVER)) == said + "confirmed by a second solver"
    assert headline(replace(result, proof=None)) == said + "unconfirmed"


def test_headline_of_a_feasible_plan_says_what_is_open(result: Result):
    """A plan that is not proven comes with its bound and gap, or with the word that nothing is known."""
    unit = result.problem.pool.price_decimals
    bound = int(Decimal(300).scaleb(unit))
    objectives = (Objective("servers", 4, 4), Objective("cost", bound * 4 // 3, bound))
    feasible = replace(result, status=Status.FEASIBLE, objectives=objectives)
    unbounded = replace(feasible, objectives=(Objective("servers", 4, None),))

    assert headline(feasible) == (
        "4 servers, cost 400: servers proven least; cost cannot be below 300, a gap of 25.00%"
    )
    assert headline(unbounded) == "4 servers, cost 400: nothing is proven about servers"


@pytest.mark.parametrize(
    ("status", "said"),
    [(Status.INFEASIBLE, "no plan exists, unconfirmed"), (Status.UNKNOWN, "no plan found")],
)
def test_headline_without_a_plan(result: Result, status: Status, said: str):
    """That none was found is not that there is none."""
    assert headline(replace(result, plan=None, status=status, proof=None)) == said


def test_unseen_characters_do_not_survive():
    """Names that differ by what nobody sees look the same on purpose."""
    assert plain("a\u200bb\u2066c\r\nd") == "abcd"


def test_importing_obplace_loads_no_plots(tmp_path: Path):
    """Matplotlib takes longer than a solve: only a picture loads it."""
    code = "import sys, obplace, obplace.report.html; obplace.plot_plan; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0
