"""The program: its subcommands put together, and the edge at which every error becomes one plain line."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, cast

import typer

from streams.cli.outcome import BUG, FINE, STOPPED, USAGE, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = """
说清楚 / explain clearly: rule files turn outages, complaints and workflow steps into explained tasks.

Begin with `clearly init my-rules`; every command has an example under --help.
"""

#: Groups of subcommands, in the order in which the help shows them: each is a module of this room, as are the other commands' two.
GROUPS = ("rules", "feed", "events", "organisation", "rejected", "audit", "inspection", "kafka", "task", "unit", "subscription")
OTHERS = ("work", "tasks")

#: What typer raises for wrong usage; it names the class only among the parents of BadParameter.
WrongUsage = cast("type[Exception]", typer.BadParameter.__mro__[1])


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """Return the program as far as a command line needs it: the group that it names alone, or all where it names none."""
    app = typer.Typer(
        name="clearly",
        help=HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    named = [name for name in GROUPS if [name] == [*arguments[:1]]]
    for room in () if named else OTHERS:
        import_module(f"streams.cli.{room}").register(app)
    for group in named or GROUPS:
        app.add_typer(import_module(f"streams.cli.{group}").app)
    return app


def main() -> None:
    """Run the command line of this process, and end the process."""
    # Chinese is printed whatever the locale says.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(answer(sys.argv[1:]))


def answer(arguments: Sequence[str]) -> int:
    """Return the exit code of one command line. Never raises."""
    try:
        code = int(app_for(arguments)(list(arguments), prog_name="clearly", standalone_mode=False) or FINE)
        sys.stdout.flush()
    except Refused as refused:
        tell(refused.lines)
        return refused.code
    except WrongUsage as error:
        return misused(error)
    except (KeyboardInterrupt, typer.Abort):
        return STOPPED
    except (BrokenPipeError, SystemExit):
        # The latter is typer's answer to the former. Whoever read our output has seen enough, and what Python still holds back
        # must not be written at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FINE
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        tell([f"{where}{(error.strerror or str(error)).lower()}"])
        return USAGE
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is, nobody wants a traceback on the screen
        tell([broken(error)])
        return BUG
    return code


def misused(error: Exception) -> int:
    """Say in one line how the command is used, and return the exit code."""
    told = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "clearly"
    if not told:
        return USAGE  # the help has been shown instead
    told, _, names = told.rstrip(".").replace("Value error, ", "").partition(" (Possible options: ")
    told = told[0].lower() + told[1:] + (f"; did you mean one of: {names.removesuffix(')')}" if names else "")
    tell([f"{command}: {told}; `{command} --help` shows how"])
    return USAGE


def tell(lines: Sequence[str]) -> None:
    """Write lines to standard error."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def broken(error: Exception) -> str:
    """Write down what went wrong in the program itself, and return the line that says where."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="clearly-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    return f"clearly: a mistake of the program itself ({type(error).__name__}); please report it with {file.name}"
