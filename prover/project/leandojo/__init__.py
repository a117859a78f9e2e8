"""LeanDojo's benchmark format: written from traced modules, and read back into them."""
