"""The command line: one file per command, with its options, one call of the application layer, and its output."""
