"""The Python door: any form of a pool and keywords in, a result out, nothing printed."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import obplace
from obplace.ask import names

FRAME = pd.DataFrame(
    {
        "machine": [f"m{k}" for k in range(1, 6)],
        "cpu": [16] * 5,
        "memory": ["64 GB"] * 5,
        "storage": ["4 TB"] * 5,
        "cost": [1.5, 2.5, 3.5, 4.5, 5.5],
    }
)


def test_frame_in_frame_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A plan is a frame with one row a server; nothing is printed, and the caller's frame stays as it was."""
    before = FRAME.copy()
    result = obplace.solve(FRAME, minimize="cost")

    assert result.status == obplace.Status.OPTIMAL
    assert result.plan is not None
    assert (result.plan.servers, result.plan.cost) == (4, Decimal("12.00"))
    frame = result.plan.to_frame()
    assert frame["machine"].tolist() == ["m1", "m2", "m3", "m4"]
    assert frame["roles"].tolist()[0] == ["observer", "odp"]
    assert frame["cost"].sum() == Decimal("12.00")
    assert frame["cpu_used"].tolist() == [8000, 8000, 8000, 8000]
    assert capsys.readouterr() == ("", "")
    pd.testing.assert_frame_equal(FRAME, before)


def test_every_form_of_a_pool_is_the_same(tmp_path: Path) -> None:
    """A frame, an Arrow table, a path as text or as Path, and a pool that was read before."""
    path = tmp_path / "pool.csv"
    FRAME.to_csv(path, index=False)
    pools = [FRAME, pa.Table.from_pandas(FRAME), str(path), path, obplace.Pool.read(path)]

    plans = [obplace.solve(pool).plan for pool in pools]

    assert [plan and [each.name for each in plan.assignments] for plan in plans] == [["m1", "m2", "m3", "m4"]] * 5


def test_keywords_are_the_deployment() -> None:
    """Each reaches the problem under its name; one name alone may be a text."""
    result = obplace.solve(
        FRAME.assign(zone=list("aabbc")),
        level="functional",
        roles={"odp": 0, "observer": 3},
        extra="odc",
        minimize=["cost", "servers"],
        spread={"observer": "zone"},
        minimum={"observer.memory": "20GB"},
        pin={"ocp": "m2"},
        ban=["m1"],
        headroom="5%",
        tolerance={"memory": "1%"},
        waive="nic",
        included="odp:observer",
        reuse=True,
        threads=1,
    )

    assert result.problem.deployment.said() == {
        "level": "functional",
        "roles": {"observer": 3, "odp": 0},
        "extra": ["odc"],
        "minimize": ["cost", "servers"],
        "spread": {"observer": "zone"},
        "included": ["odp:observer"],
        "minimum": {"observer.memory": "20GB"},
        "pin": {"ocp": ["m2"]},
        "ban": ["m1"],
        "headroom": "5%",
        "tolerance": {"memory": "1%"},
        "waive": ["nic"],
        "reuse": True,
    }
    assert result.status == "infeasible"  # m1 is banned and m2 is OCP's: zone a has no OBServer left


def test_errors_are_exceptions_with_one_base() -> None:
    """Wrong keywords and wrong tables are told apart, and every fault is listed."""
    with pytest.raises(obplace.UsageError, match="nearest: observer") as usage:
        obplace.solve(FRAME, roles={"obsrver": 3})
    with pytest.raises(obplace.DataError, match="cpu is 'lots'") as data:
        obplace.solve(FRAME.assign(cpu="lots"))

    assert isinstance(usage.value, obplace.ObplaceError)
    assert len(data.value.problems) == 5


def test_own_catalogue_by_path(tmp_path: Path) -> None:
    """Roles of one's own, from a file."""
    path = tmp_path / "own.toml"
    path.write_text(
        'schema = "obplace.catalogue/1"\nname = "own"\ntitle = "t"\nsource = "s"\nlevels = ["l"]\n'
        '[resources]\ncpu = { kind = "cpu", combine = "sum" }\n'
        '[[roles]]\nname = "web"\ncopies = 2\n[roles.minimum.l]\nneeds = { cpu = "8" }\n'
    )

    for catalogue in (path, str(path), obplace.load_catalogue(path)):
        plan = obplace.solve(FRAME, catalogue=catalogue).plan
        assert plan is not None
        assert plan.copies == {"web": 2}


def test_bad_rows_may_be_skipped() -> None:
    """They are listed in the pool of the result's problem."""
    frame = pd.concat([FRAME, pd.DataFrame([{"machine": "x", "cpu": "lots"}])], ignore_index=True)

    result = obplace.solve(frame, skip_bad_rows=True)

    assert result.status == "optimal"
    assert len(result.problem.pool.skipped) == 1


def test_names_are_lists_or_text_with_commas() -> None:
    """Blanks do not count; a list is taken as it is, so that a name may hold a comma."""
    assert names("oms, odc,") == ("oms", "odc")
    assert names(["a,b", "c"]) == ("a,b", "c")
    assert names(()) == ()
