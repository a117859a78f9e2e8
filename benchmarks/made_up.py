"""Made-up traces with the proportions of real ones, any number of them, always the same for the same number.

Ten steps a theorem, thirty theorems a module, each state the end of one step and the beginning of the next,
premises that follow Zipf's law, half of all modules in one large repository. Says nothing about proofs.
"""

import hashlib
import random
from itertools import pairwise

from curriculum.database.identity import digest_of
from prover.lean.traced import PremiseUse, TracedDeclaration, TracedModule, TracedSorry, TracedStep

LEAN = "Lean 4.28.0"
STEPS_A_THEOREM, THEOREMS_A_MODULE = 10, 30
STEPS_A_MODULE = STEPS_A_THEOREM * THEOREMS_A_MODULE
REPOSITORIES = 20
CONSTANTS = 60_000
WORDS = "h x y z n m k xs ys α β f g Nat List Prop ∀ ∃ → ↔ ∧ ∨ = ≤ < + * succ zero cons nil map foldr"
PLACES = ("Nat", "List", "Int", "Option", "Finset")
TACTICS = ("intro h", "simp_all", "exact h.trans hx", "induction n with", "rw [Nat.add_comm]", "omega", "cases h")


class SyntheticModules:
    """The modules to store, which are generated when they are needed, always the same."""

    def __init__(self, modules: int, chooser: random.Random) -> None:
        self.modules = modules
        self.chooser = chooser
        self._words = WORDS.split()
        ranks = range(1, CONSTANTS + 1)
        self._constants = [f"{PLACES[r % len(PLACES)]}.lemma_{r}" for r in ranks]
        self._chosen = chooser.choices(range(CONSTANTS), [1 / rank for rank in ranks], k=200_000)

    def repository(self, number: int) -> str:
        """The repository of a module: half of all are in the first."""
        return f"https://example.org/r{0 if number % 2 else number // 2 % REPOSITORIES}"

    def key(self, number: int, version: int = 0) -> str:
        """The module's key."""
        return digest_of([number, version])

    def module(self, number: int, version: int = 0) -> TracedModule:
        """A module."""
        chooser = random.Random(number * 1_000 + version)
        name = f"R{number}.M{number}"
        declarations, steps, sorries = [], list[TracedStep](), list[TracedSorry]()
        for index in range(THEOREMS_A_MODULE):
            declared = f"{name}.t{index}"
            incomplete = index == 0 and number % 5 == 0
            states = [self._goal(chooser) for _ in range(STEPS_A_THEOREM)] + [""]
            steps += [self._step(chooser, declared, b, a) for b, a in pairwise(states)]
            declarations.append(self._declaration(chooser, declared, incomplete))
            if incomplete:
                sorries.append(TracedSorry(declared, 10, 15, False, states[0], key_of(states[0])))
        digest = hashlib.sha256(self.key(number, version).encode()).hexdigest()
        path = f"{name.replace('.', '/')}.lean"
        return TracedModule(name, path, digest, ("Init",), tuple(declarations), tuple(steps), tuple(sorries))

    def _goal(self, chooser: random.Random) -> str:
        lines = [" ".join(chooser.choices(self._words, k=chooser.randint(3, 12))) for _ in range(chooser.randint(1, 8))]
        return "\n".join([*lines[:-1], "⊢ " + lines[-1]])

    def _step(self, chooser: random.Random, declared: str, before: str, after: str) -> TracedStep:
        uses = [self._constants[chooser.choice(self._chosen)] for _ in range(chooser.randint(0, 3))]
        return TracedStep(
            declaration=declared,
            start=chooser.randint(0, 20_000),
            stop=20_100,
            text=f"{chooser.choice(TACTICS)} {' '.join(uses)}",
            before=before,
            after=after,
            keys_before=(key_of(before),),
            keys_after=(key_of(after),) if after else (),
            premises=tuple(PremiseUse(use, f"Library.M{hash_of(use) % 900}", 0, 5) for use in uses),
        )

    def _declaration(self, chooser: random.Random, name: str, incomplete: bool) -> TracedDeclaration:
        statement = f"{name} : {self._goal(chooser)}"
        return TracedDeclaration(
            name=name,
            kind="theorem",
            statement=statement,
            text=f"theorem {statement} := by\n  " + "\n  ".join(chooser.choices(TACTICS, k=STEPS_A_THEOREM)),
            start=0,
            stop=20_100,
            selection=8,
            visibility="public",
            namespace="R",
            proof="tactic",
            incomplete=incomplete,
            premises=tuple(self._constants[chooser.choice(self._chosen)] for _ in range(15)),
            statement_key=key_of(statement),
        )


def hash_of(text: str) -> int:
    """A number for a text, the same in each run."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def key_of(goal: str) -> str:
    return str(hash_of(goal))
