"""What to try and what to learn next. May import `prover` and `retrieval`; nothing imports it."""
