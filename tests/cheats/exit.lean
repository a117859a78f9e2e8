/-! `#exit` hides the rest of the file from Lean, `import` asks for another one. -/
--! original
theorem target : 1 + 1 = 2 := by
  sorry

theorem after : 2 + 2 = 4 := rfl
--! cheat proof
rfl
#exit
--! refused: a `#`-command (`#exit`)
--! cheat proof
rfl
import Lean
--! refused: text (`import`) stands after the proof
--! twin proof
rfl
