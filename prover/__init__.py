"""Goals, tactics, search and proofs in Lean 4. See ARCHITECTURE.md for the map."""
