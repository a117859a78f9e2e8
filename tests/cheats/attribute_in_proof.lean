/-! A helper of the proof carries an attribute, by which it reaches beyond the proof. -/
--! original
class Point (α : Type) where
  point : α

theorem target (n : Nat) : n ≤ n + 1 := by
  sorry
--! cheat proof
let rec @[instance] it : Point Nat := ⟨0⟩
exact Nat.le_succ n
--! refused: an attribute
--! cheat proof
let rec @[simp] it : ∀ n : Nat, n = n := fun _ => rfl
exact Nat.le_succ n
--! refused: an attribute
--! cheat file
class Point (α : Type) where
  point : α

theorem target (n : Nat) : n ≤ n + 1 := by
  exact Nat.le_succ n
where
  @[instance] it : Point Nat := ⟨0⟩
--! refused: an attribute
--! twin proof
let rec it : ∀ n : Nat, n ≤ n + 1 := fun n => Nat.le_succ n
exact it n
--! twin file
class Point (α : Type) where
  point : α

theorem target (n : Nat) : n ≤ n + 1 := by
  exact it n
where
  it : ∀ n : Nat, n ≤ n + 1 := fun n => Nat.le_succ n
