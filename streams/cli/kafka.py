"""`clearly kafka`: everything about the Kafka runtime, from a broker on this machine to the workers."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from streams.cli.options import AsJson, Maps, ProfileOption, RulesDir, RulesOption

app = typer.Typer(
    name="kafka", help="The same engine on Apache Kafka: as many workers as it takes.", no_args_is_help=True, rich_markup_mode="markdown"
)

Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where the brokers keep everything.")]
Bootstrap = Annotated[str, typer.Option("--bootstrap", metavar="HOST:PORT", help="The brokers.", show_default=False)]
Feeds = Annotated[
    list[str] | None,
    typer.Option("--feed", metavar="TOPIC", help="A topic that events come in by. May be repeated.", show_default=False),
]


class Machine(NamedTuple):
    """What a worker is told of this machine."""

    data: Path
    instance: str
    metrics: str | None
    database: Path | None
    watchers: int


HERE = Path(".clearly-kafka")
DATA = Path(".clearly-rows")


@app.callback()
def look_for_libraries() -> None:
    """Refuse where the extra `kafka` is not installed."""
    from importlib.metadata import packages_distributions

    from streams.cli.outcome import Refused

    here = packages_distributions()
    if missing := [name for name in ("aiokafka", "faust", "kafka", "prometheus_client", "rocksdict") if name not in here]:
        raise Refused(
            f"clearly kafka: needs the libraries of the extra 'kafka': pip install 'explain-clearly[kafka]' (no {', '.join(missing)})"
        )


@app.command("up", epilog="Example: `clearly kafka up`")
def up(
    brokers: Annotated[int, typer.Option("--brokers", metavar="1|3", help="How many brokers.")] = 1,
    folder: Folder = HERE,
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="The port of the first broker, when DIR is new.")] = 9092,
) -> int:
    """Start a real Apache Kafka on this machine, for development and demo: loopback only, no passwords."""
    from streams.cli.kafkabroker import start

    return start(folder, brokers, port)


@app.command("down", epilog="Example: `clearly kafka down`")
def down(
    folder: Folder = HERE,
    remove: Annotated[bool, typer.Option("--remove", help="Remove DIR with everything that the brokers kept, too.")] = False,
) -> int:
    """Stop the brokers that `clearly kafka up` started; what they kept stays."""
    from streams.cli.kafkabroker import stop

    return stop(folder, remove=remove)


@app.command("setup", epilog="Example: `clearly kafka setup --bootstrap 127.0.0.1:9092`")
def setup(
    bootstrap: Bootstrap,
    feed: Feeds = None,
    partitions: Annotated[
        int,
        typer.Option("--partitions", metavar="COUNT", min=1, help="How many partitions every topic has; so many workers can share them."),
    ] = 12,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    rights: Annotated[bool, typer.Option("--rights", help="Print the rights that each stage needs, as commands, and do nothing.")] = False,
) -> int:
    """Make the topics, or check them: what differs, why that matters, and what was done about it."""
    from streams.cli.kafkasetup import print_rights, set_up

    return print_rights(bootstrap, feed or []) if rights else set_up(bootstrap, feed or [], partitions, dry_run=dry_run)


@app.command("publish", epilog="Example: `clearly kafka publish rules --bootstrap 127.0.0.1:9092 --dry-run`")
def publish(
    rules: RulesDir,
    bootstrap: Bootstrap,
    feed: Feeds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change for the running rules, and do nothing.")] = False,
    as_json: AsJson = False,
    profile: ProfileOption = None,
) -> int:
    """Check a rules folder, run its tests, and have all workers go by it from now on."""
    from streams.cli.kafkapublish import Chosen, publish_rules

    return publish_rules(Chosen(rules, profile), bootstrap, feed or [], dry_run=dry_run, as_json=as_json)


@app.command("run", epilog="Example: `clearly kafka run watching --bootstrap 127.0.0.1:9092 --data /var/lib/clearly/worker-1`")
def run(
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="intake, watching, casework, ledger, or all.", show_default=False)],
    bootstrap: Bootstrap,
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Where this worker keeps its rows; no other worker may.")] = DATA,
    instance: Annotated[
        str, typer.Option("--instance", metavar="NAME", help="A name that this worker keeps over restarts.", show_default=False)
    ] = "",
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", metavar="PORT", help="Answer /healthz, /readyz, /metrics here; also HOST:PORT.", show_default=False),
    ] = None,
    db: Annotated[Path | None, typer.Option("--db", metavar="FILE", help="The database that the ledger keeps.", show_default=False)] = None,
    watchers: Annotated[int, typer.Option("--watchers", metavar="COUNT", min=1, help="How many watching workers `all` runs.")] = 1,
) -> int:
    """Run a worker until Ctrl-C or SIGTERM, or with `all` every stage on this machine. Start as many of each as it takes."""
    from streams.cli.kafkarunning import run_stage

    return run_stage(stage, bootstrap, Machine(data, instance, metrics, db, watchers))


@app.command("status", epilog="Example: `clearly kafka status --bootstrap 127.0.0.1:9092`")
def status(bootstrap: Bootstrap, as_json: AsJson = False) -> int:
    """Show how far rules have come in each partition, by which rulebook, and which feeds they wait for."""
    from streams.cli.kafkastanding import show_standing

    return show_standing(bootstrap, as_json=as_json)


@app.command("lag", epilog="Example: `clearly kafka lag --bootstrap 127.0.0.1:9092`")
def lag(bootstrap: Bootstrap, as_json: AsJson = False) -> int:
    """Show how many records wait in front of each stage."""
    from streams.cli.kafkastanding import show_lag

    return show_lag(bootstrap, as_json=as_json)


@app.command("backfill", epilog="Example: `clearly kafka backfill outages.csv --map pge-outages --rules rules --bootstrap 127.0.0.1:9092`")
def backfill(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="History: JSON Lines, or whatever a mapping reads.", show_default=False)
    ],
    rules: RulesOption,
    bootstrap: Bootstrap,
    maps: Maps = None,
    feed: Annotated[str | None, typer.Option("--feed", metavar="TOPIC", help="Which feed.", show_default=False)] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="COUNT", min=0.1, help="At most so many events a second.", show_default=False)
    ] = None,
) -> int:
    """Send history to a feed, in the order in which it happened; time follows it until all of it is in."""
    from streams.cli.kafkabackfill import backfill_files

    return backfill_files(files, rules, bootstrap, maps or [], feed, rate)


letters = typer.Typer(name="dlq", help="Records that were no events.", no_args_is_help=True, rich_markup_mode="markdown")
app.add_typer(letters)


@letters.command("list", epilog="Example: `clearly kafka dlq list --bootstrap 127.0.0.1:9092`")
def list_letters(
    bootstrap: Bootstrap,
    everything: Annotated[bool, typer.Option("--all", help="Those that were sent again, too.")] = False,
    as_json: AsJson = False,
) -> int:
    """List dead letters: where each came from, why it was no event, and what would be right."""
    from streams.cli.kafkaletters import list_letters as listed

    return listed(bootstrap, everything=everything, as_json=as_json)


Name = Annotated[str, typer.Argument(metavar="ID", help="Topic, partition, offset and number, as `list` shows them.", show_default=False)]


@letters.command("show", epilog="Example: `clearly kafka dlq show clearly.events.v1/0/17/0 --bootstrap 127.0.0.1:9092`")
def show_letter(name: Name, bootstrap: Bootstrap) -> int:
    """Show one dead letter whole, with the record as it came."""
    from streams.cli.kafkaletters import show_letter as shown

    return shown(bootstrap, name)


@letters.command("replay", epilog="Example: `clearly kafka dlq replay --all --bootstrap 127.0.0.1:9092`")
def replay(
    bootstrap: Bootstrap,
    names: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Which.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every one that was not sent again yet.")] = False,
) -> int:
    """Send dead letters to their feeds again, once what was wrong is mended: each of them once."""
    from streams.cli.kafkaletters import replay_letters

    return replay_letters(bootstrap, names or [], everything=everything)
