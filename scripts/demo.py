"""The demo's story, told by the tool's own commands. Run by scripts/demo.

It works on a copy of the project, so that the Lambda it changes for the second version is not yours, with an embedded AWS
of its own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = ROOT / ".stepdeploy" / "demo"
COMPANIES = (
    ("Apple Inc", "https://www.apple.com", "AAPL"),
    ("NVIDIA", "https://www.nvidia.com", "NVDA"),
    ("Tesla", "https://www.tesla.com", "TSLA"),
)
MARK = '    "schema_version": '


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--live", action="store_true", help="read the internet instead of the samples")
    parser.add_argument("--keep", action="store_true", help="leave the embedded AWS running, to look around")
    arguments = parser.parse_args()
    started = time.monotonic()
    prepare()
    try:
        story(arguments.live)
    finally:
        if not arguments.keep:
            tool("local", "down", quiet=True)
    print(f"\nThe demo took {time.monotonic() - started:.0f} s.")
    if arguments.keep:
        print(f"The embedded AWS is still up; its commands: {shown(['status'])}")


def story(live: bool) -> None:
    say("First release: resources, Lambdas, state machine version 1, alias")
    tool("deploy", "--yes")
    say("Three companies, side by side")
    run_companies(live)
    say("A change in one Lambda's source is a new release: version 2")
    change_merger()
    tool("deploy", "--yes")
    apple = ("start-execution", *company_arguments(COMPANIES[0]), *(["--live"] if live else []))
    new = tool_json(*apple, "--force", "--wait")
    say("Roll back: the alias, and with it the Lambda code")
    tool("rollback", "--yes")
    old = tool_json(*apple, "--force", "--wait")
    tool("versions")
    say("The same company once more: the fresh result is given back, no page is read")
    tool("start-execution", *company_arguments(COMPANIES[1]), "--name", "nvidia-again", "--wait")
    say("A batch of ten, side by side; seven of them EDGAR does not know")
    batch()
    say("EDGAR goes down: after three failures its circuit breaker opens, and nobody calls it in vain")
    outage()
    say("What the two releases wrote")
    for label, result in (("version 2", new), ("version 1, after the rollback", old)):
        document = read_document(result)
        print(f"  {label}: the merged document says demo_mark = {document.get('demo_mark')!r}")
    say("Where the merged documents are, and what is in them")
    show_documents()


def run_companies(live: bool) -> None:
    """Start the three, then follow each to its end."""
    extra = ["--live"] if live else []
    for company in COMPANIES:
        tool("start-execution", *company_arguments(company), *extra)
    for company in COMPANIES:
        tool("start-execution", *company_arguments(company), *extra, "--wait")
    tool("executions", "list")


def batch() -> None:
    """Ten companies as a list; those without a 10-K fail, and the batch says why."""
    known = [",".join(company) for company in COMPANIES]
    made_up = [f"Made Up Company {number},https://www.tesla.com," for number in range(1, 8)]
    path = WORKSPACE / "companies.csv"
    path.write_text("\n".join(["company_name,website_url,stock_symbol", *known, *made_up]) + "\n")
    tool("start-batch", str(path), "--wait", expect=10)


def outage() -> None:
    """EDGAR's addresses lead to a port where nobody listens; two companies meet that, then all is well again."""
    nowhere = "127.0.0.1:9"
    addresses = [f"{name}=http://{nowhere}" for name in ("edgar_data_url", "edgar_www_url")]
    parameters = [*addresses, f"allowed_private_hosts={nowhere}", "breaker_failures=3"]
    given = [item for parameter in parameters for item in ("--param", parameter)]
    tool("deploy", "--yes", "--no-smoke", *given, quiet=True)  # the smoke case would see the outage
    for name in ("first", "second"):
        arguments = [*company_arguments(COMPANIES[2]), "--name", f"tesla-{name}", "--input", '{"cache_ttl_hours": 0}']
        tool("start-execution", *arguments, "--wait", expect=10)
    tool("rollback", "--yes", quiet=True)


def company_arguments(company: tuple[str, str, str]) -> list[str]:
    name, website, symbol = company
    return [name, "--website", website, "--symbol", symbol]


def prepare() -> None:
    """A fresh copy of the project, with an empty embedded AWS."""
    if WORKSPACE.exists():
        tool("local", "down", quiet=True)
        shutil.rmtree(WORKSPACE)
    for folder in ("definitions", "lambdas", "iam", "samples"):
        shutil.copytree(ROOT / folder, WORKSPACE / folder, ignore=shutil.ignore_patterns("__pycache__"))


def change_merger() -> None:
    """The smallest visible change: one more field in the merged document."""
    path = WORKSPACE / "lambdas" / "dynamodb_to_s3_merger" / "merged_document.py"
    source = path.read_text()
    changed = source.replace('"schema_version":', '"demo_mark": "written by version 2",\n        "schema_version":', 1)
    if changed == source:
        raise SystemExit(f"the demo does not find where to change {path}")
    path.write_text(changed)
    print(f"  changed: {path.relative_to(ROOT)}: one more field")


def tool(*arguments: str, quiet: bool = False, expect: int = 0) -> None:
    """Run a command of the tool, shown as a person would type it. expect: the exit code that it should end with."""
    if not quiet:
        print(f"\n$ {shown(arguments)}", flush=True)
    output = subprocess.DEVNULL if quiet else None
    code = subprocess.run(command(arguments), stdout=output, check=False).returncode
    if code != expect and not quiet:
        raise SystemExit(code or 1)


def tool_json(*arguments: str) -> dict:
    """Run a command and return what it answers as JSON."""
    print(f"\n$ {shown(arguments)}", flush=True)
    answer = subprocess.run(command(("--output", "json", *arguments)), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(answer.stderr or answer.stdout)
    return json.loads(answer.stdout)


def command(arguments: tuple[str, ...] | list[str]) -> list[str]:
    return [sys.executable, str(ROOT / "deploy_stepfunction.py"), "--project", str(WORKSPACE), *arguments]


def shown(arguments: tuple[str, ...] | list[str]) -> str:
    quoted = [f'"{argument}"' if " " in argument else argument for argument in arguments]
    return " ".join(["python deploy_stepfunction.py --project", str(WORKSPACE.relative_to(ROOT)), *quoted])


def read_document(result: dict) -> dict:
    """The merged document of an execution, read with a bare S3 client."""
    place = result["output"]["s3"]
    body = s3().get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read()
    return json.loads(body)


def show_documents() -> None:
    client = s3()
    bucket = next(bucket["Name"] for bucket in client.list_buckets()["Buckets"] if "company-sec" in bucket["Name"])
    for item in client.list_objects_v2(Bucket=bucket)["Contents"]:
        if not item["Key"].endswith("_latest.json"):
            continue
        document = json.loads(client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
        print(f"\n  s3://{bucket}/{item['Key']}  ({item['Size']} bytes)")
        for line in digest(document):
            print(f"    {line}")


def digest(document: dict) -> list[str]:
    """A few lines that a person wants to see of a merged document."""
    fields = document["sec"]["fields"]
    value = {name: field.get("value") for name, field in fields.items()}
    roles = document["cxo"]["roles"]
    quality = document["quality"]
    return [
        f"{value['registrant_name']} ({value['ticker']}, {value['exchange']}), 10-K for {value['period_end']}",
        f"revenue {value['revenue']:,}  net income {value['net_income']:,}  total assets {value['total_assets']:,}",
        "  ".join(f"{role} {', '.join(names)}" for role, names in roles.items() if names),
        f"completeness: SEC {quality['sec_completeness']} %, executives {quality['cxo_completeness']} %",
    ]


def s3():
    """A plain boto3 client on the demo's embedded AWS."""
    import boto3
    from botocore.config import Config

    state = json.loads((WORKSPACE / ".stepdeploy" / "local" / "server.json").read_text())
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{state['port']}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(s3={"addressing_style": "path"}),
    )


def say(text: str) -> None:
    print(f"\n=== {text} ===", flush=True)


if __name__ == "__main__":
    main()
