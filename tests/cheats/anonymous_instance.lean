/-! An instance without a name is given another statement, a name, or another priority: nothing but its statement says
which one it is. -/
--! original
structure Weight where
  grams : Nat

instance : Add Weight := ⟨fun a b => ⟨a.grams + b.grams⟩⟩

instance : Std.Commutative (α := Weight) (· + ·) := by
  sorry
--! cheat file
structure Weight where
  grams : Nat

instance : Add Weight := ⟨fun a b => ⟨a.grams + b.grams⟩⟩

instance : Std.Commutative (α := Weight) (fun a b => b + a) := by
  exact ⟨fun a b => congrArg Weight.mk (Nat.add_comm b.grams a.grams)⟩
--! cheat file
structure Weight where
  grams : Nat

instance : Add Weight := ⟨fun a b => ⟨a.grams + b.grams⟩⟩

instance : Std.Commutative (α := Nat) (· + ·) := by
  exact ⟨Nat.add_comm⟩
--! cheat file
structure Weight where
  grams : Nat

instance : Add Weight := ⟨fun a b => ⟨a.grams + b.grams⟩⟩

instance (priority := high) : Std.Commutative (α := Weight) (· + ·) := by
  exact ⟨fun a b => congrArg Weight.mk (Nat.add_comm a.grams b.grams)⟩
--! refused: its name, modifiers
--! cheat file
structure Weight where
  grams : Nat

instance : Add Weight := ⟨fun a b => ⟨a.grams + b.grams⟩⟩

instance instCommutativeWeightHAdd : Std.Commutative (α := Weight) (· + ·) := by
  exact ⟨fun a b => congrArg Weight.mk (Nat.add_comm a.grams b.grams)⟩
--! refused: its name, modifiers
--! twin proof
exact ⟨fun a b => congrArg Weight.mk (Nat.add_comm a.grams b.grams)⟩
--! twin term
⟨fun a b => congrArg Weight.mk (Nat.add_comm a.grams b.grams)⟩
