"""cost."""

from __future__ import annotations

from typing import Any

import click

from stepdeploy.commands.context import Session, pass_session
from stepdeploy.commands.release import machine_option


@click.command()
@click.argument("execution", required=False)
@click.option("--since", help="All executions that began within this span: 90m, 12h, 7d.")
@click.option("--by", type=click.Choice(["version", "status", "day"]), help="Sum up those of --since in groups.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="At most so many.")
@click.option("--store", is_flag=True, help="Count anew and put it on record, so that later no log is needed.")
@click.option("--fresh", is_flag=True, help="Count anew, though it is on record.")
@machine_option
@pass_session
def cost(session: Session, /, **arguments: Any) -> None:
    """What executions cost, counted from their histories and the log lines of their Lambdas.

    EXECUTION is a name or an ARN. Bills on record are shown as they were made; those of the pipeline that comes along
    are put there when an execution has ended. Prices: definitions/prices.json. Free tiers and discounts are not taken
    off; storage is not counted. What is marked as estimated is worked out from the run, not told by AWS.
    """
    with session.screen.status("Reading histories and logs"):
        found = session.app.cost(**arguments)
    if session.screen.is_json:
        session.screen.data(found)
    elif arguments["execution"] is not None:
        show_bill(session, found["executions"][0])
        show_rest(session, found)
    else:
        show_rows(session, found)
        show_rest(session, found)


def show_bill(session: Session, bill: dict[str, Any]) -> None:
    """One execution's bill, line by line."""
    screen = session.screen
    version = f"  version {bill['version']}" if bill["version"] else ""
    screen.line([(bill["name"], "bold"), (f"  {bill['status']}{version}", "dim")])
    rows = [[item["what"], amount(item["quantity"]), unit(item), dollars(item["usd"])] for item in bill["items"]]
    screen.table(["what", "quantity", "unit", "USD"], [*rows, ["total", "", "", dollars(bill["usd"])]])
    for note in bill["notes"]:
        screen.line([("! ", "yellow"), (note, "")])
    if bill["stored"]:
        screen.line(
            [(f"On record since {bill['stored']}, at prices of {bill['prices_of']}. --fresh counts anew.", "dim")]
        )


def unit(item: dict[str, Any]) -> str:
    """What the quantity of a bill's line is in, and whether it is an estimate."""
    return f"{item['unit']}, estimated" if item["estimate"] else str(item["unit"])


def show_rows(session: Session, found: dict[str, Any]) -> None:
    """Groups, or executions, a row each, and their total."""
    if found["groups"] is not None:
        made = [(row["group"], row["executions"], row) for row in found["groups"]]
    else:
        made = [(bill["name"], bill["status"], bill) for bill in found["executions"]]
    total = found["total"]
    rows = [row_of(name, second, row) for name, second, row in made]
    if rows:
        rows.append(row_of("total", total["executions"], total))
    second = "executions" if found["groups"] is not None else "status"
    columns = ["group" if found["groups"] is not None else "execution", second]
    columns += ["transitions", "GB-seconds", "tokens", "searches", "USD"]
    session.screen.table(columns, rows, empty="No execution in that span.")
    unsure = sum(bool(bill["notes"]) for bill in found["executions"])
    if unsure:
        text = f"of {unsure} executions not all is known; cost EXECUTION says what"
        session.screen.line([("! ", "yellow"), (text, "")])


def row_of(name: str, second: object, row: dict[str, Any]) -> list[Any]:
    """name, second, and the amounts of a bill or a group."""
    usage = row["usage"]
    tokens = usage["input_tokens"] + usage["output_tokens"]
    return [
        name,
        second,
        usage["transitions"],
        amount(usage["gb_seconds"]),
        tokens,
        usage["searches"],
        dollars(row["usd"]),
    ]


def show_rest(session: Session, found: dict[str, Any]) -> None:
    """The mean beside the reference, and what to know of the prices."""
    screen, each, reference = session.screen, found["total"]["usd_per_execution"], found["reference"]
    if each is not None and reference:
        share = each / reference["usd_per_execution"]
        text = f"{dollars(each)} USD an execution; {reference['source']} says {reference['usd_per_execution']} USD"
        screen.line(f"{text} ({share:.1%} of it).")
    elif each is not None:
        screen.line(f"{dollars(each)} USD an execution.")
    screen.line([(f"Prices of {found['prices']['as_of']}, {found['prices']['region']}.", "dim")])
    for note in found["notes"]:
        screen.line([("! ", "yellow"), (note, "")])


def amount(quantity: float) -> str:
    """A count, or a measure to three digits after the point."""
    return f"{quantity:,.3f}" if isinstance(quantity, float) and quantity != int(quantity) else f"{int(quantity):,}"


def dollars(usd: float) -> str:
    """US dollars: a fraction of a cent counts here."""
    return f"{usd:.8f}" if usd < 1 else f"{usd:,.2f}"
