"""Compare what imbaloss prints and writes at two commits."""
