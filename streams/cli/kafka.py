"""`clearly kafka`: everything about the Kafka runtime, from a broker on this machine to the workers."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import AsJson, RulesDir

app = typer.Typer(
    name="kafka", help="The same engine on Apache Kafka: as many workers as it takes.", no_args_is_help=True, rich_markup_mode="markdown"
)

Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where the brokers keep everything.")]
Bootstrap = Annotated[str, typer.Option("--bootstrap", metavar="HOST:PORT", help="The brokers.", show_default=False)]
Feeds = Annotated[
    list[str] | None,
    typer.Option("--feed", metavar="TOPIC", help="A topic that events come in by. May be repeated.", show_default=False),
]
HERE = Path(".clearly-kafka")
DATA = Path(".clearly-rows")


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
) -> int:
    """Check a rules folder, run its tests, and have all workers go by it from now on."""
    from streams.cli.kafkapublish import publish_rules

    return publish_rules(rules, bootstrap, feed or [], dry_run=dry_run, as_json=as_json)


@app.command("run", epilog="Example: `clearly kafka run watching --bootstrap 127.0.0.1:9092 --data /var/lib/clearly/worker-1`")
def run(
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="intake or watching.", show_default=False)],
    bootstrap: Bootstrap,
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Where this worker keeps its rows; no other worker may.")] = DATA,
    instance: Annotated[
        str, typer.Option("--instance", metavar="NAME", help="A name that this worker keeps over restarts.", show_default=False)
    ] = "",
    metrics: Annotated[
        str | None, typer.Option("--metrics", metavar="HOST:PORT", help="Serve metrics for Prometheus.", show_default=False)
    ] = None,
) -> int:
    """Run a worker until Ctrl-C or SIGTERM. Start as many of each stage as it takes."""
    from streams.cli.kafkarunning import run_stage

    return run_stage(stage, bootstrap, data, instance, metrics)
