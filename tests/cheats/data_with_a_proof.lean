/-! In a definition, the data is to stay and only the proof to be filled in. -/
--! original
def target : Fin 5 :=
  ⟨2, by sorry⟩

theorem about : target = target := rfl
--! cheat term
⟨3, by decide⟩
--! refused: its value changed
--! cheat term
⟨2, sorry⟩
--! refused: rests on `sorry`
--! twin term
⟨2, by decide⟩
