"""Learning from one repository after another, and what keeps a learner from forgetting the earlier ones."""
