/-! A proof may rest on open theorems that are named, and is then proved given these. Everything else that is left to
`sorry` could stand behind such a theorem: data, an instance, a statement that means nothing, a lemma that a tactic makes. -/
--! original
import Lean
open Lean Elab Tactic

elab "lemma_by_sorry" : tactic => do
  let type ← getMainTarget
  let name := `target ++ `_proof_7
  let value ← Meta.mkSorry type false
  addDecl <| .thmDecl { name, levelParams := [], type, value }
  closeMainGoal `lemma_by_sorry (mkConst name)

def double (n : Nat) : Nat := n + n
def chosen : Nat := sorry
def hidden_in_data : { n : Nat // n = 4 } := ⟨4, sorry⟩
def no_theorem : double 1 = 3 := sorry
class Lies : Prop where
  lie : double 1 = 3
instance : Lies := ⟨sorry⟩
theorem above (n : Nat) : double n = 2 * n := by
  sorry
theorem uses_above (n : Nat) : double n = n * 2 := by
  rw [above]; omega
theorem wrong : double 1 = 3 := by
  sorry
theorem failed (n : Nat) : double n = 3 * n := by
  have : n = n := rfl
  sorry
theorem about_chosen : double 1 = chosen := by
  sorry
private theorem secret : double 1 = 3 := by
  sorry
theorem target : double 1 = 3 := by
  sorry
theorem later : double 1 = 3 := by
  sorry
--! assumed: above wrong secret chosen hidden_in_data no_theorem Lies.lie about_chosen later target sorryAx
--! twin proof
exact wrong
--! given: wrong
--! twin proof
have := above 1
have := uses_above 1
exact secret
--! given: above secret
--! cheat proof
exact no_theorem
--! refused: rests on `sorry`, which is in `no_theorem`
--! cheat proof
exact Lies.lie
--! refused: rests on `sorry`
--! cheat proof
have := hidden_in_data.2
exact wrong
--! refused: rests on `sorry`, which is in `hidden_in_data`
--! cheat proof
have := about_chosen
exact wrong
--! refused: rests on `sorry`, which is in `chosen`
--! cheat proof
have := failed 1
exact wrong
--! refused: rests on `sorry`, which is in `failed`
--! cheat proof
lemma_by_sorry
--! refused: rests on `sorry`
--! cheat proof
sorry
--! refused: rests on `sorry`, which is in `target`
--! cheat proof
exact later
--! cheat proof
exact target
--! cheat proof
have : (2 : Nat) + 2 = 4 := by native_decide
exact wrong
--! assumed: *
--! twin proof
have := failed 1
exact wrong
--! given: failed wrong
--! cheat proof
exact no_theorem
--! refused: rests on `sorry`, which is in `no_theorem`
--! cheat proof
exact Lies.lie
--! refused: rests on `sorry`
--! cheat proof
lemma_by_sorry
--! refused: rests on `sorry`
--! cheat proof
sorry
--! refused: rests on `sorry`, which is in `target`
--! original
theorem above (n : Nat) : n + 0 = n := by
  sorry
theorem target : 2 + 0 = 3 := by
  sorry
--! assumed: above
--! cheat file
theorem above (n : Nat) : n + 0 = n + 1 := by
  sorry
theorem target : 2 + 0 = 3 := by
  exact above 2
--! refused: outside the theorem's own command
--! cheat file
theorem above (n : Nat) : n + 0 = n := by
  sorry
theorem above.more (n : Nat) : n + 0 = n + 1 := by
  sorry
theorem target : 2 + 0 = 3 := by
  exact above.more 2
--! refused: stands after the proof
