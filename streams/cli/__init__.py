"""The command `clearly`. Everything heavy is imported inside the subcommand that needs it: `clearly --help` answers at once."""

from streams.cli.program import main

__all__ = ["main"]
