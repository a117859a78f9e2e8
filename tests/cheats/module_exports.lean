/-! In a `module`, what a public theorem says must hold from outside: `rfl` looks into a body that is not exported. Seen in
provers that import everything as if there were no modules. -/
--! original
module

public def next (n : Nat) : Nat := n + 1

public theorem target : next 1 = 2 := by
  sorry

@[expose] public def again (n : Nat) : Nat := next n
--! cheat term
rfl
--! refused: does not compile
--! cheat file
module

public def next (n : Nat) : Nat := n + 1

theorem target : next 1 = 2 := by
  simp [next]

@[expose] public def again (n : Nat) : Nat := next n
--! refused: its name, modifiers
--! cheat file
module

@[expose] public def next (n : Nat) : Nat := n + 1

public theorem target : next 1 = 2 := rfl

@[expose] public def again (n : Nat) : Nat := next n
--! twin proof
simp [next]
--! twin proof
unfold next
rfl
