"""The lifelong loop (trace, reconcile, recheck, choose, prove, store, learn) and the courses that run it in rounds."""
