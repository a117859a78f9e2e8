/-! A `sorry`, in a theorem or in what it rests on. -/
--! cheat file
theorem t : 1 = 2 := sorry
--! refused: rests on `sorry`
--! cheat file
def f : Nat := sorry
theorem t : f = f := rfl
--! refused: rests on `sorry`
--! cheat file
macro "finish" : tactic => `(tactic| sorry)
theorem t : 1 = 2 := by finish
--! refused: rests on `sorry`
--! twin file
-- no sorry here
def text := "sorry"
theorem t : text.length = 5 := by decide
