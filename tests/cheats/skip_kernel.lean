/-! The kernel is told to look away. `#print axioms` shows nothing of it (lean-ja/lean-by-example, issue 1743). -/
--! original
theorem target : 1 + 1 = 2 := by
  sorry
--! cheat proof
set_option debug.skipKernelTC true in
rfl
--! refused: `set_option debug.skipKernelTC`
--! cheat term
set_option debug.skipKernelTC true in rfl
--! refused: `set_option debug.skipKernelTC`
--! cheat proof
set_option debug.byAsSorry true in
exact (by decide)
--! refused: `set_option debug.byAsSorry`
--! twin proof
set_option maxHeartbeats 400000 in
rfl
