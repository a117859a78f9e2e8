/-! It rests on a lemma above that is itself left open: a build without errors shows nothing of it. Seen in provers
that took such a build for a proof (Axiomatic-AI/ax-prover-base, issue 47). -/
--! original
def double (n : Nat) : Nat := n + n

theorem lemma_open (n : Nat) : double n = 2 * n := by
  have := n
  sorry

theorem lemma_done (n : Nat) : n + n = 2 * n := by omega

theorem target (n : Nat) : double n = 2 * n := by
  sorry
--! cheat proof
exact lemma_open n
--! refused: rests on `sorry`
--! cheat proof
simp [lemma_open]
--! refused: rests on `sorry`
--! twin proof
exact lemma_done n
