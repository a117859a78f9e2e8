/-! Unsafe Lean, by its word or by its names, in a term or in the settings of a tactic, which are run as code. -/
--! original
theorem target (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  sorry
--! cheat proof
exact unsafe (unsafeCast ())
--! refused: `unsafe`
--! cheat proof
simp (config := { maxSteps := match unsafeIO (IO.println "seen") with | .ok _ => 9 | .error _ => 10 }) [hp, hq]
--! refused: `unsafeIO`
--! cheat proof
simp (maxSteps := (fun (f : IO Unit) => match unsafeIO f with | .ok _ => 99 | .error _ => 10) (pure ())) [hp, hq]
--! refused: `unsafeIO`
--! cheat term
unsafeCast trivial
--! twin proof
simp (config := { maxSteps := 1000 }) [hp, hq]
