"""Converts a traced module into rows of the tables. Knows no connection."""

from collections.abc import Collection, Iterator, Mapping
from itertools import count
from typing import Any

from curriculum.database.identity import state_digest
from curriculum.database.rows import Identity
from prover.lean.traced import TracedModule, sorry_ids

Rows = list[dict[str, Any]]
Keys = tuple[str, ...]


class Packed:
    """The rows of one module. The ids of constants and states must be set before rows that refer to them are built."""

    def __init__(self, module_id: int, module: TracedModule) -> None:
        self.constants: Mapping[Identity, int] = {}
        """The ids of constants, by name and module."""
        self.states: Mapping[Identity, int] = {}
        """The ids of states, by digest."""
        self._id = module_id
        self._module = module
        self._positions = {d.name: position for position, d in enumerate(module.declarations)}
        self._digests = {state: state_digest(*state) for state in dict.fromkeys(_states(module))}

    def declaration_rows(self) -> Rows:
        """Returns a row for each declaration."""
        rows = []
        for position, declaration in enumerate(self._module.declarations):
            row = {name: getattr(declaration, name) for name in declaration.__struct_fields__ if name != "premises"}
            rows.append({**row, "module_id": self._id, "position": position, "attributes": list(row["attributes"])})
        return rows

    def constant_rows(self) -> Rows:
        """Returns a row for each constant that the module mentions."""
        mentioned = ((name, "") for d in self._module.declarations for name in d.premises)
        used = ((use.name, use.module) for step in self._module.steps for use in step.premises)
        return [{"name": name, "module": module} for name, module in dict.fromkeys([*mentioned, *used])]

    def mention_rows(self) -> Rows:
        """Returns a row for each constant that a declaration mentions."""
        return [
            {
                "module_id": self._id,
                "declaration": declaration,
                "position": position,
                "constant_id": self.constants[name, ""],
            }
            for declaration, traced in enumerate(self._module.declarations)
            for position, name in enumerate(traced.premises)
        ]

    def states_met(self) -> list[Identity]:
        """Returns the digests of all states before and after steps."""
        return [(digest,) for digest in self._digests.values()]

    def state_rows(self, without: Collection[Identity]) -> Rows:
        """Returns a row for each state that is not in `without`."""
        return [{"digest": d, "text": text} for (text, _), d in self._digests.items() if (d,) not in without]

    def goal_rows(self, states: Mapping[Identity, int]) -> Rows:
        """Returns a row for each goal of the given states."""
        return [
            {"state_id": states[(digest,)], "position": position, "key": key}
            for (_, keys), digest in self._digests.items()
            if (digest,) in states
            for position, key in enumerate(keys)
        ]

    def step_rows(self) -> Rows:
        """Returns a row for each tactic step."""
        return [
            {
                "module_id": self._id,
                "position": position,
                **self._part_of(step.declaration),
                "start": step.start,
                "stop": step.stop,
                "text": step.text,
                "depth": step.depth,
                "before_id": self._state(step.before, step.keys_before),
                "after_id": self._state(step.after, step.keys_after),
            }
            for position, step in enumerate(self._module.steps)
        ]

    def use_rows(self) -> Rows:
        """Returns a row for each premise that a step uses."""
        return [
            {
                "module_id": self._id,
                "step": number,
                "position": position,
                "constant_id": self.constants[use.name, use.module],
                "start": use.start,
                "stop": use.stop,
            }
            for number, step in enumerate(self._module.steps)
            for position, use in enumerate(step.premises)
        ]

    def sorry_rows(self) -> Rows:
        """Returns a row for each `sorry`."""
        keys = sorry_ids(self._module.name, self._module.sorries)
        return [
            {
                "module_id": self._id,
                "position": position,
                "key": key,
                **self._part_of(sorry.declaration),
                "start": sorry.start,
                "stop": sorry.stop,
                "term": sorry.term,
                "goal": sorry.goal,
                "goal_key": sorry.key,
            }
            for position, key, sorry in zip(count(), keys, self._module.sorries, strict=False)
        ]

    def _part_of(self, name: str) -> dict[str, Any]:
        position = self._positions.get(name)
        return {"declaration": position, "outside": name if position is None else None}

    def _state(self, text: str, keys: Keys) -> int | None:
        return self.states[(self._digests[text, keys],)] if text or keys else None


def _states(module: TracedModule) -> Iterator[tuple[str, Keys]]:
    """Yields the states before and after the steps, except the state without goals."""
    for step in module.steps:
        yield step.before, step.keys_before
        if step.after or step.keys_after:
            yield step.after, step.keys_after
