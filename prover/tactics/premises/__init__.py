"""The premises generator: tactics made from theorems that were found for the goal."""
