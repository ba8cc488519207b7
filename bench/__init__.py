"""Figures and proofs. `bench/README.md` says which command gives which."""
