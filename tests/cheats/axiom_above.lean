/-! An axiom that the file declares is used. -/
--! original
axiom convenient : ∀ n : Nat, n + 1 = n

theorem target (n : Nat) : n + 0 = n := by
  sorry
--! cheat proof
exact absurd (convenient 0) (by decide)
--! refused: axioms that are not allowed: `convenient`
--! cheat proof
have := convenient n
omega
--! refused: axioms that are not allowed: `convenient`
--! twin proof
have := Classical.em (n = 0)
simp
