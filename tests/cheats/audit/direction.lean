/-! Characters that change the direction of text. -/
--! cheat file
/- ‮ esrever ⁦ -/
theorem t : 1 = 1 := rfl
--! refused: direction of text
--! twin file
/- עברית عربى -/
theorem t : 1 = 1 := rfl
