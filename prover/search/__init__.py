"""Search over proof states: budgets, the AND/OR graph, engines. No I/O."""
