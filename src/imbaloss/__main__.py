"""`python -m imbaloss` is the command `imbaloss`."""

from imbaloss.cli import main

main()
