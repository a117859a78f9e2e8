/-! The proof opens a comment that a later one in the file closes: all between is gone, with what it checked. -/
--! original
theorem target : 1 + 1 = 2 := by
  sorry

theorem between : 2 + 2 = 4 := rfl

/- A comment. -/
theorem last : 3 + 3 = 6 := rfl
--! cheat proof
rfl /-
--! cheat proof
rfl
/- /- -/
--! cheat term
rfl /--
--! twin proof
rfl /- /- nested -/ -/
