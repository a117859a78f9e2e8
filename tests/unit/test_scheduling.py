"""What is tried next, and how budgets are shared out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.database.database import Database
from curriculum.database.records import AttemptCost, AttemptRecord, FoundProof
from curriculum.scheduling import Candidate, SuccessRecord, Temperatures, best, prioritise, shares, staleness
from curriculum.selection import next_theorem
from tests.properties import with_examples
from tests.traced_modules import LEAN, keyed, module, read, theorem

DAY = 24 * 3600.0
UNKNOWN = SuccessRecord()


def prospect(
    tried: int = 0,
    learnt: int = 0,
    days: float = 0.0,
    record: SuccessRecord = UNKNOWN,
    number: int = 1,
) -> Candidate:
    return Candidate(number, tried, days * DAY, learnt, record)


def chance(which: Candidate) -> float:
    return prioritise(which, 60.0).chance


def test_a_failure_is_worth_more_the_more_was_learnt_since() -> None:
    chances = [chance(prospect(tried=1, learnt=n)) for n in (0, 5, 50, 5_000)]
    assert chances == sorted(chances)
    assert chances[0] < chances[-1] / 20
    assert chances[-1] <= chance(prospect(tried=0))


def test_a_failure_is_worth_more_the_longer_it_is_ago_and_is_never_worth_nothing() -> None:
    chances = [chance(prospect(tried=2, days=n)) for n in (0, 1, 30, 3_000)]
    assert chances == sorted(chances)
    assert chances[0] > 0


def test_where_proofs_were_found_more_are_expected() -> None:
    good, bad = SuccessRecord(20, 15, 100.0), SuccessRecord(20, 0, 1_200.0)
    assert chance(prospect(record=good)) > chance(prospect()) > chance(prospect(record=bad))
    assert prioritise(prospect(record=good), 60.0).cost < prioritise(prospect(record=bad), 60.0).cost <= 60.0
    chosen = best([prospect(record=bad, number=1), prospect(record=good, number=2)], 60.0)
    assert chosen is not None
    assert chosen.candidate.theorem == 2


def test_of_equals_the_first_is_tried_and_of_none_none() -> None:
    assert best([], 60.0) is None
    chosen = best([prospect(number=7), prospect(number=3)], 60.0)
    assert chosen is not None
    assert chosen.candidate.theorem == 3


@given(st.integers(-10, 10**9), st.floats(-1e12, 1e12))
@with_examples(50)
def test_staleness_is_a_share_whatever_the_clock_says(learnt: int, seconds: float) -> None:
    assert 0.01 <= staleness(learnt, seconds) <= 1.0


@given(
    st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8),
    st.integers(0, 3),
    st.integers(0, 500),
)
@with_examples(50)
def test_shares_are_the_whole_and_nobody_has_less_than_the_least(
    chances: dict[str, float], least: int, more: int
) -> None:
    total = least * len(chances) + more
    given_ = shares(chances, total, least)
    assert given_.keys() == chances.keys()
    assert sum(given_.values()) == (total if chances else 0)
    assert all(share >= least for share in given_.values())
    for one in chances:
        for other in chances:
            if chances[one] * (1 - chances[one]) > chances[other] * (1 - chances[other]) + 1e-9:
                assert given_[one] >= given_[other]


def test_too_little_is_not_shared() -> None:
    with pytest.raises(ValueError, match="not enough"):
        shares({"a": 0.5, "b": 0.5}, 3, 2)


def test_the_first_try_explores_nothing_and_later_ones_go_where_proofs_were() -> None:
    temperatures = Temperatures((0.3, 1.0))
    assert temperatures.choose([0, 1], {}) == [0.0, 0.3]
    assert temperatures.choose([1], {0.3: SuccessRecord(5, 0)}) == [1.0], "what was never tried comes first"
    assert temperatures.choose([2], {0.3: SuccessRecord(50, 1), 1.0: SuccessRecord(50, 20)}) == [1.0]
    assert temperatures.choose([2], {0.3: SuccessRecord(2, 0), 1.0: SuccessRecord(500, 60)}) == [0.3], (
        "two tries say little"
    )


def test_the_theorems_of_a_repository_are_spread_over_temperatures() -> None:
    temperatures = Temperatures((0.3, 1.0))
    assert temperatures.choose([1, 0, 2, 1, 3], {}).count(0.3) == 2
    known = temperatures.choose([1] * 20, {0.3: SuccessRecord(200, 1), 1.0: SuccessRecord(200, 120)})
    assert known.count(1.0) == 20, "what is known to be worse is left"


def test_the_decision_from_the_database(db: Database) -> None:
    places = [f"https://example.org/{n}" for n in (1, 2)]
    for place in places:
        made = module(place[-1], *(theorem(f"{place[-1]}.{n}", incomplete=True) for n in "ab"), text=place)
        db.perform(lambda work, p=place, m=made: work.traces.record_trace(read("1", p), keyed(m), {}))  # type: ignore[misc]

    def attempt(name: str, repository: int, proved: bool) -> None:
        proof = FoundProof(("simp",), (), 3, "automation", whole=True)
        key = f"key of {name}"
        tried = AttemptRecord(
            name, name[0], key, LEAN, {}, proof if proved else ("open", "budget"), cost=AttemptCost(5.0)
        )
        db.perform(lambda work: work.results.record_attempt(tried, repository))

    def decided(*without: int) -> str | None:
        with db.reading() as connection:
            found = next_theorem(connection, 1e9, 60.0, without)
        return None if found is None else found[0].name

    assert decided() == "1.a"
    attempt("1.a", 1, proved=False)
    attempt("2.a", 2, proved=True)
    assert decided() == "2.b", "where a proof was found, another is expected"
    assert decided(2) == "1.b"
    assert decided(1, 2) is None
