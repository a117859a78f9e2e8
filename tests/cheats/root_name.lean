/-! A name that begins with `_root_` loses this part, so that another theorem is declared. -/
--! original
namespace Inner
theorem _root_.Outer.target (n : Nat) : n ≤ n + 1 := by
  sorry
end Inner
--! cheat file
namespace Inner
theorem Outer.target (n : Nat) : n ≤ n + 1 := by
  omega
end Inner
--! refused: its name, modifiers
--! cheat file
namespace Inner
theorem _root_.target (n : Nat) : n ≤ n + 1 := by
  omega
end Inner
--! refused: its name, modifiers
--! twin proof
omega
--! twin proof
exact Nat.le_succ n
