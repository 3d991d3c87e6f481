"""What verify says of certificates: what is proven, and one clear sentence for whatever was done to them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from obplace.check import check_document
from obplace.document import to_json
from obplace.errors import DataError
from obplace.plan_form import read
from obplace.problem import Need
from tests.reply import Reply, Tell
from tests.small import CORE, machines, problem, solved

Plan = dict[str, Any]
Verify = Callable[..., Reply]

POOL = "machine,cpu,memory,storage,cost,zone\n" + "".join(f"m{k},16,64 GB,4 TB,{k}.50,z{k}\n" for k in range(1, 7))
DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Return a pool of six machines for anything, a zone each."""
    path = tmp_path / "pool.csv"
    path.write_text(POOL)
    return path


@pytest.fixture
def plan(tell: Tell, pool: Path) -> Plan:
    """Return an optimal plan with its certificate."""
    found: Plan = json.loads(tell("solve", pool, "--spread", "observer=zone", "--format", "json").out)
    return found


@pytest.fixture
def none(tell: Tell, pool: Path) -> Plan:
    """Return a document that says that there is no plan, with its certificate."""
    found: Plan = json.loads(tell("solve", pool, "--role", "observer=9", "--format", "json").out)
    return found


@pytest.fixture
def verified(tell: Tell, pool: Path, tmp_path: Path) -> Verify:
    """Return a function that lets the command verify a text or a document; nothing that fails is called proven."""

    def verify(document: Plan | str, *flags: str) -> Reply:
        path = tmp_path / "plan.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        reply = tell("verify", path, pool, *flags)
        assert (reply.out == "") == (reply.code != 0)
        return reply

    return verify


def stage(plan: Plan, number: int = 0) -> Any:
    """Return a stage of a plan's certificate."""
    return plan["certificate"]["stages"][number]


def test_no_plan_is_proven(none: Plan, verified: Verify) -> None:
    """Exit 0: nine observers need nine machines; the sentence is made from the pool, not taken from the document."""
    code, out, _ = verified(none)

    assert (code, out.splitlines()[:2]) == (
        0,
        ["plan.json holds: no plan exists, proven", "- no plan exists on this pool (1 leaf)"],
    )
    assert "- only 6 of 9 machines can run observer, which needs cpu 4, memory 16 GB, storage 1.2 TB" in out


@pytest.mark.parametrize(
    ("proof", "said"),
    [("solver", "optimality not claimed by a certificate"), (None, "optimality not proven here")],
)
def test_plan_without_a_certificate_holds(proof: str | None, said: str, plan: Plan, verified: Verify) -> None:
    """Exit 0: it is as good as it says, and whether it is the best nobody says here."""
    assert verified({**plan, "certificate": None, "proof": proof}) == (
        0,
        f"plan.json holds: 4 servers, cost 12.00, 9 rules kept; {said}\n",
        "",
    )


def test_dearer_plan_is_not_the_best(tell: Tell, pool: Path, plan: Plan, verified: Verify) -> None:
    """The certificate of the best says by how much; called optimal it is exit 5, called feasible it holds."""
    pinned = json.loads(tell("solve", pool, "--spread", "observer=zone", "--pin", "ocp=m6", "--format", "json").out)
    dear = {key: pinned[key] for key in ("assignments", "servers", "cost", "objectives")}
    code, _, err = verified({**plan, **dear})

    assert code == 5
    assert "objective cost: the plan says a bound of 14.00, its certificate proves 12.00" in err
    assert "objective cost: 14.00 is said to be proven best, its certificate proves at least 12.00" in err
    servers, cost = dear["objectives"]
    code, out, _ = verified(
        {**plan, **dear, "status": "feasible", "proof": None, "objectives": [servers, {**cost, "bound": "12.00"}]}
    )
    assert (code, out.splitlines()[0]) == (
        0,
        "plan.json holds: 4 servers, cost 14.00, 9 rules kept; optimality not claimed",
    )
    assert "- cost 14.00, bound 12.00: no plan with as few servers costs less than 12.00 (1 leaf)" in out.splitlines()


Change = Callable[[Plan], object]

FORGED: dict[str, tuple[Change, str]] = {
    "higher bound": (
        lambda p: stage(p).update(bound=5),
        "certificate: it says servers of at least 5, its prices prove 4 on this pool",
    ),
    "lower bound": (
        lambda p: stage(p).update(bound=3),
        "certificate: cost rests on servers of at least 3, which the plan does not reach",
    ),
    "lower last bound": (
        lambda p: stage(p, 1).update(bound=110),
        "objective cost: 12.00 is said to be proven best, its certificate proves at least 11.00",
    ),
    "no prices": (
        lambda p: stage(p).update(tree={"prices": {}}),
        "certificate: it says servers of at least 4, its prices prove 0 on this pool",
    ),
    "stages swapped": (
        lambda p: p["certificate"]["stages"].reverse(),
        "certificate: its stages are cost, then servers, asked is servers, then cost",
    ),
    "a stage twice": (
        lambda p: p["certificate"]["stages"].append(stage(p)),
        "certificate: its stages are servers, then cost, then servers, asked is servers, then cost",
    ),
    "a stage less": (
        lambda p: p["certificate"]["stages"].pop(),
        "objective cost: the plan says a bound of 12.00, its certificate proves 0",
    ),
    "no stage": (
        lambda p: p["certificate"]["stages"].clear(),
        "objective servers: 4 is said to be proven best, its certificate proves nothing of it",
    ),
    "no plan instead": (
        lambda p: stage(p).update(objective=None),
        "certificate: its stages are no plan, then cost, asked is servers, then cost",
    ),
    "unknown rule": (
        lambda p: stage(p)["tree"]["prices"].update({"99": {"least": 1}}),
        "certificate: rule 99 has no rows",
    ),
    "unknown part": (
        lambda p: stage(p)["tree"]["prices"].update({"0": {"many": 1}}),
        "certificate: rule 0 has no part many",
    ),
    "unknown domain": (
        lambda p: stage(p)["tree"]["prices"].update({"2": {"held": {"z99": 1}}}),
        "certificate: rule 2 has no domain z99",
    ),
    "unknown machine": (
        lambda p: stage(p).update(
            tree={"split": {"runs": ["ocp"], "like": "m99"}, "at": 0, "low": {"prices": {}}, "high": {"prices": {}}}
        ),
        "certificate: no machine m99",
    ),
    "wrong sign": (
        lambda p: stage(p)["tree"]["prices"].update({"0": {"least": -1}}),
        "certificate: least: a price of the wrong sign",
    ),
    "another fingerprint": (
        lambda p: p["certificate"].update(fingerprint="0" * 32),
        "the pool is not the one that the plan was made for, or another catalogue reads it: its fingerprint is ",
    ),
    "certificate dropped": (lambda p: p.pop("certificate"), "proof: the plan says certificate, and holds none"),
    "certified without being": (
        lambda p: (p.update(proof="solver"), p["objectives"][1].update(certified="99999.00")),
        "objective cost: the plan says a bound of 99999.00, its certificate proves",
    ),
    "reasons": (lambda p: p.update(reasons=["none"]), "reasons: they say why there is no plan, and there is one"),
    "bound above the value": (
        lambda p: p["objectives"][0].update(bound=5),
        "objective servers: a bound of 5 is above its value 4",
    ),
    "bound taken back": (
        lambda p: p["objectives"][1].update(bound=None),
        "objective cost: the plan says it is best, with a bound of None",
    ),
}


@pytest.mark.parametrize(("change", "finding"), FORGED.values(), ids=list(FORGED))
def test_what_a_certificate_does_not_prove_is_told(change: Change, finding: str, plan: Plan, verified: Verify) -> None:
    """Exit 5, with the claim that falls."""
    change(plan)
    code, _, err = verified(plan)

    assert code == 5
    assert f"obplace: {finding}" in err


NOTHING: dict[str, tuple[Change, str]] = {
    "no bound": (
        lambda p: stage(p).update(bound=0),
        "certificate: a bound of 0 does not say that there is no plan, 1 does",
    ),
    "of an objective": (
        lambda p: stage(p).update(objective="servers"),
        "certificate: one stage proves that there is no plan, found servers",
    ),
    "no stage": (
        lambda p: p["certificate"]["stages"].clear(),
        "certificate: one stage proves that there is no plan, found none",
    ),
    "no prices": (
        lambda p: stage(p).update(tree={"prices": {}}),
        "certificate: it says no plan exists, its prices prove 0 on this pool",
    ),
    "other reasons": (lambda p: p.update(reasons=["the moon is full"]), "reasons: the document gives others than"),
    "servers": (lambda p: p.update(servers=3), "servers, cost and objectives: where there is no plan they are null"),
    "another question": (lambda p: p["deployment"].update(roles={"observer": 6}), "rules: the plan lists others"),
    "rules too": (
        lambda p: p.update(
            deployment={"roles": {"observer": 5}}, rules=[each.replace("9 obs", "5 obs") for each in p["rules"]]
        ),
        "reasons: the document gives others than those on this pool",
    ),
}


@pytest.mark.parametrize(("change", "finding"), NOTHING.values(), ids=list(NOTHING))
def test_what_does_not_prove_that_there_is_no_plan(change: Change, finding: str, none: Plan, verified: Verify) -> None:
    """Exit 5 likewise."""
    change(none)
    code, _, err = verified(none)

    assert code == 5
    assert f"obplace: {finding}" in err


def test_other_pool_is_told_and_proves_nothing(plan: Plan, none: Plan, verified: Verify, pool: Path) -> None:
    """A cheaper machine was added, and a price changed on a machine that the plan does not use: both are exit 5."""
    start = "obplace: the pool is not the one that the plan was made for, or another catalogue reads it: "
    for text in (POOL + "m7,16,64 GB,4 TB,0.10,z1\n", POOL.replace("6.50", "6.51")):
        pool.write_text(text)
        for document in (plan, none):
            code, _, err = verified(document)
            assert (code, err.startswith(start)) == (5, True)


def test_fingerprint_alone_proves_nothing(plan: Plan, verified: Verify, pool: Path) -> None:
    """A forger computes it anew for a pool with a cheaper machine: the prices still fall short."""
    pool.write_text(POOL + "m7,16,64 GB,4 TB,0.10,z1\n")
    found = verified(plan).err.split("its fingerprint is ")[1][:32]
    plan["certificate"]["fingerprint"] = found

    assert verified(plan) == (
        5,
        "",
        "obplace: certificate: it says cost of at least 12.00, its prices prove 7.60 on this pool\n",
    )


def test_rows_in_another_order_are_the_same_pool(plan: Plan, verified: Verify, pool: Path) -> None:
    """It is the same question."""
    first, *rest = POOL.splitlines()
    pool.write_text("\n".join([first, *reversed(rest)]) + "\n")

    assert verified(plan).code == 0


# What is no certificate, or no JSON


def tree(price: object) -> Plan:
    """Return a leaf with one price."""
    return {"prices": {"0": {"least": price}}}


MALFORMED: dict[str, tuple[Change, str]] = {
    "schema": (lambda p: p["certificate"].update(schema="obplace.certificate/2"), "schema is 'obplace.certificate/2'"),
    "no stages": (lambda p: p["certificate"].pop("stages"), "certificate: stages missing"),
    "text": (lambda p: p.update(certificate="proven"), "Input should be a valid dictionary"),
    "list": (lambda p: p.update(certificate=[]), "Input should be a valid dictionary"),
    "short fingerprint": (lambda p: p["certificate"].update(fingerprint="0"), "expected 32 hexadecimal digits"),
    "further key": (lambda p: p["certificate"].update(signed="yes"), "unknown key 'signed'"),
    "price as text": (lambda p: stage(p).update(tree=tree("1")), "expected an integer, found str"),
    "price as float": (lambda p: stage(p).update(tree=tree(1.0)), "expected an integer, found float"),
    "price as yes": (lambda p: stage(p).update(tree=tree(True)), "expected an integer"),
    "huge price": (lambda p: stage(p).update(tree=tree(10**400)), "a number beyond 2^200"),
    "nested price": (lambda p: stage(p).update(tree=tree({"x": {"y": 1}})), "expected an integer, found dict"),
    "rule by name": (lambda p: stage(p).update(tree={"prices": {"least": {}}}), "is not the number of a rule"),
    "half a fork": (lambda p: stage(p).update(tree={"split": {}, "at": 0, "low": {}}), "high missing"),
    "bound as text": (lambda p: stage(p).update(bound="4"), "expected an integer, found str"),
}


@pytest.mark.parametrize(("change", "message"), MALFORMED.values(), ids=list(MALFORMED))
def test_malformed_certificate_is_no_plan(change: Change, message: str, plan: Plan, verified: Verify) -> None:
    """Exit 1, with the place."""
    change(plan)
    code, _, err = verified(plan)

    assert code == 1
    assert err.startswith("obplace: plan.json: certificate")
    assert message in err
    assert err.count("\n") == 1


def test_tree_that_is_too_deep(plan: Plan, verified: Verify) -> None:
    """200 splits are enough; beyond, nobody wants to walk it."""
    node: Plan = {"prices": {}}
    for _ in range(250):
        node = {"split": {"runs": ["ocp"], "like": None}, "at": 0, "low": {"prices": {}}, "high": node}
    stage(plan)["tree"] = node
    code, _, err = verified(plan)

    assert (code, "deeper than 200 splits" in err, err.count("\n")) == (1, True, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"bound": 4', '"bound": NaN', "not a plan: Invalid JSON: NaN is no number"),
        ('"bound": 4', '"bound": -Infinity', "not a plan: Invalid JSON: -Infinity is no number"),
        ('"bound": 4', '"bound": 1e400', "objectives.0.bound.constrained-int: Input should be a valid integer"),
        ('"bound": 4', '"bound": -4', "objectives.0.bound.constrained-int: Input should be greater than or equal to 0"),
        ('"bound": 4', '"bound": ' + "9" * 5000, "not a plan: Invalid JSON: Exceeds the limit"),
        ('"bound": 4', '"bound": 4, "bound": 4', "not a plan: Invalid JSON: key 'bound' stands twice in one table"),
        ('"bound": 4', f'"bound": {DEEP}', "not a plan: Invalid JSON: it is nested too deeply"),
        ('"schema": "obplace.plan/1"', '"schema": "my.plan/1"', "schema: Input should be 'obplace.plan/1'"),
        ('"m1"', '"m\\ud8001"', "not a plan: Invalid JSON: 'utf-8' codec can't encode"),
        ('"status": "optimal"', '"status": "proven"', "status: Input should be 'optimal'"),
    ],
)
def test_hostile_text_is_refused(old: str, new: str, message: str, plan: Plan, verified: Verify) -> None:
    """Exit 1 and a sentence: numbers that are none, keys that stand twice, tables without end."""
    text = json.dumps(plan)
    assert old in text
    code, _, err = verified(text.replace(old, new, 1))

    assert code == 1
    assert f"obplace: plan.json: {message}" in err


def test_truncated_text_is_refused(plan: Plan, verified: Verify) -> None:
    """Wherever it was cut."""
    text = json.dumps(plan)
    for end in (1, len(text) // 2, len(text) - 1):
        code, _, err = verified(text[:end])
        assert (code, err.startswith("obplace: plan.json: not a plan: Invalid JSON: "), err.count("\n")) == (1, True, 1)


def test_catalogue_that_nobody_has(plan: Plan, verified: Verify) -> None:
    """Exit 1 with its name."""
    code, _, err = verified({**plan, "catalogue": "my-own"})

    assert (code, "my-own" in err, err.count("\n")) == (1, True, 1)


# In Python


def test_other_catalogue_of_the_same_name(plan: Plan) -> None:
    """What a role needs has changed: the machines are too small, or what the plan says of their use is wrong."""
    form = read(json.dumps(plan), "plan.json")
    posed = problem(POOL, spread={"observer": "zone"})

    def findings(cores: int) -> tuple[str, ...]:
        needs = {**posed.needs, "ocp": {**posed.needs["ocp"], "cpu": Need(cores * CORE)}}
        return check_document(form, replace(posed, needs=needs)).findings

    assert findings(8) == ()
    assert [each.partition(":")[0] for each in findings(17)] == ["ocp and oat"]
    assert [each.partition(":")[0] for each in findings(7)] == ["m1, used"]


def test_certificate_is_small_and_exact() -> None:
    """Under 20 kB on one line at the end, whatever the pool."""
    rows = [
        f"{32 + k % 7},{256 + k % 5} GB,{2 + k % 3} TB,{k % 97}.{k % 89:02},z{k % 3},r{k % 40}" for k in range(2000)
    ]
    posed = problem(
        machines(*rows, columns="cpu,memory,storage,cost,zone,rack"), spread={"observer": "zone", "odp": "rack"}
    )
    text = to_json(solved(posed))
    line = text.splitlines()[-2]

    assert line.startswith(' "certificate": {"schema":"obplace.certificate/1",')
    assert len(line) < 20_000
    report = check_document(read(text, "plan.json"), posed)
    assert (report.findings, report.holds.rpartition("; ")[2]) == ((), "proven optimal")


def test_form_without_its_checks(plan: Plan) -> None:
    """A form that did not go through the reader has findings all the same."""
    form = read(json.dumps(plan), "plan.json")
    posed = problem(POOL, spread={"observer": "zone"})
    broken = form.model_copy(update={"certificate": {**plan["certificate"], "stages": "none"}})

    assert check_document(form, posed).findings == ()
    assert check_document(broken, posed).findings == ("certificate: stages: expected a list, found str",)
    with pytest.raises(DataError, match="certificate: stages: expected a list, found str"):
        read(json.dumps({**plan, "certificate": {**plan["certificate"], "stages": "none"}}), "plan.json")
