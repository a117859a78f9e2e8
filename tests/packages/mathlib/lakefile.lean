import Lake
open Lake DSL

abbrev sharedOptions : Array LeanOption := #[
    ⟨`autoImplicit, false⟩,
    ⟨`maxSynthPendingDepth, .ofNat 3⟩
  ] ++ #[`linter.style].map fun name ↦ ⟨`weak ++ name, true⟩

package mathlib

@[default_target]
lean_lib Mathlib where
  leanOptions := sharedOptions
