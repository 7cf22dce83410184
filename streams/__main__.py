"""`python -m streams` is the command `clearly`."""

from streams.cli import main

main()
