"""What a search has tried, as events that can be sent, and the tree that they make, as far as it is worth showing.

Each event is small and makes the tree grow by one tactic. Nothing here draws, and nothing is computed from the whole
tree: a view of a search of 10,000 goals costs as much as one of ten.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from prover.lean.protocol import Goal
from prover.lean.session import Advanced, TacticOutcome
from prover.tactics.generator import Suggestion
from prover.tactics.policy.log import SearchLog

MAX_EVENTS = 20_000
"""The number of tried tactics of a job that are kept for those who watch it."""
MAX_GOAL_CHARACTERS = 2_000
"""The number of characters of a goal that are kept."""


class TacticEvent(msgspec.Struct, frozen=True):
    """A tactic that was run on a goal."""

    goal: int
    """The number of the goal; the first that is met is 0."""
    tactic: str
    left: tuple[int, ...] | None = None
    """The goals that it leaves; None if it failed."""
    goals: dict[str, str] = {}
    """The goals that no event before it has, as Lean prints them, by their numbers."""


class SearchEvents:
    """Numbers the goals of a search, and makes its events."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def tried(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> TacticEvent:
        """Returns the event of a tactic that was run."""
        new: dict[str, str] = {}
        number = self._number(goal, new)
        if not isinstance(outcome, Advanced):
            return TacticEvent(number, suggestion.tactic, None, new)
        left = [self._number(each, new) for state in outcome.states for each in state.goals]
        return TacticEvent(number, outcome.replacement or suggestion.tactic, tuple(left), new)

    def _number(self, goal: Goal, new: dict[str, str]) -> int:
        number = self._numbers.get(goal.key)
        if number is None:
            number = self._numbers[goal.key] = len(self._numbers)
            new[str(number)] = goal.printed()[:MAX_GOAL_CHARACTERS]
        return number


def events_of(log: SearchLog) -> Iterator[TacticEvent]:
    """Yields the events of a stored search."""
    numbers: dict[int, int] = {}
    for trial in log.trials:
        new = {}
        met = (trial.goal, *(each for state in trial.children for each in state))
        for goal in met:
            if goal not in numbers:
                numbers[goal] = len(numbers)
                new[str(numbers[goal])] = log.goals[goal].printed()[:MAX_GOAL_CHARACTERS]
        left = tuple(numbers[goal] for goal in met[1:]) if trial.outcome == "advanced" else None
        yield TacticEvent(numbers[trial.goal], trial.replacement or trial.tactic, left, new)


@dataclass
class UsefulTactic:
    """A tactic that succeeded on a goal."""

    goal: int
    tactic: str
    left: tuple[int, ...]


@dataclass
class GoalTrials:
    """A goal, and what became of the tactics that were run on it."""

    text: str = ""
    worked: list[UsefulTactic] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    from_: UsefulTactic | None = None
    """The tactic that led to it first."""
    closing: UsefulTactic | None = None
    """The tactic by which it was proved first."""

    @property
    def proved(self) -> bool:
        """True if tactics that were tried prove it."""
        return self.closing is not None

    @property
    def target(self) -> str:
        """Its target, in one line."""
        return " ".join(self.text[self.text.rfind("⊢") :].split())


class SearchView:
    """The tree of a search, which grows with its events."""

    def __init__(self) -> None:
        self.goals: defaultdict[int, GoalTrials] = defaultdict(GoalTrials)
        self.tried = 0
        self.last: int | None = None
        """The goal on which a tactic was run last."""
        self._proved = 0
        self._used: defaultdict[int, list[UsefulTactic]] = defaultdict(list)
        """The tactics that left a goal, by the goal."""

    def add(self, event: TacticEvent) -> None:
        """Takes an event."""
        for number, text in event.goals.items():
            self.goals[int(number)].text = text
        self.tried += 1
        self.last = event.goal
        goal = self.goals[event.goal]
        if event.left is None:
            goal.failed.append(event.tactic)
            return
        tactic = UsefulTactic(event.goal, event.tactic, event.left)
        goal.worked.append(tactic)
        for each in event.left:
            self._used[each].append(tactic)
            if each > event.goal and self.goals[each].from_ is None:  # numbers grow, so that no path is a circle
                self.goals[each].from_ = tactic
        self._prove(tactic)

    def add_all(self, events: Iterable[TacticEvent]) -> None:
        """Takes several events."""
        for event in events:
            self.add(event)

    def path(self, goal: int) -> list[UsefulTactic]:
        """Returns the tactics that lead to a goal, from the root."""
        found: list[UsefulTactic] = []
        while (tactic := self.goals[goal].from_) is not None:
            found.append(tactic)
            goal = tactic.goal
        return found[::-1]

    def proof(self, goal: int) -> list[UsefulTactic]:
        """Returns the tactics that prove a goal, in the order of a script; none if it is not proved."""
        found: list[UsefulTactic] = []
        waiting, seen = [goal], set()
        while waiting:
            each = waiting.pop()
            if each not in seen and (closing := self.goals[each].closing) is not None:
                seen.add(each)
                found.append(closing)
                waiting += reversed(closing.left)
        return found if self.goals[goal].proved else []

    def open_goals(self) -> int:
        """Returns the number of goals that are met and not proved."""
        return len(self.goals) - self._proved

    def root(self, goal: int) -> int:
        """Returns the goal from which the search came to a goal: that of its theorem."""
        path = self.path(goal)
        return path[0].goal if path else goal

    def _holds(self, tactic: UsefulTactic) -> bool:
        return all(self.goals[each].proved for each in tactic.left)

    def _prove(self, tactic: UsefulTactic) -> None:
        """Marks the goals that are proved by a tactic's success, and by that the goals above them."""
        waiting = [tactic]
        while waiting:
            each = waiting.pop()
            if not self.goals[each.goal].proved and self._holds(each):
                self.goals[each.goal].closing = each
                self._proved += 1
                waiting += self._used[each.goal]
