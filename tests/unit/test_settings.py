"""A project's files: read, defaulted, checked; every problem at once and with its place."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.errors import InvalidProject, UsageError
from stepdeploy.naming import NameRules
from stepdeploy.settings import LOCAL_ACCOUNT, Settings, environments, load

PROJECT: dict[str, Any] = {
    "$schema": "x",
    "project": "orders",
    "owner": "shop team",
    "tags": {"Team": "shop", "Stage": "any"},
    "parameters": {"threshold": 95, "agent": "x", "on": True, "free": None},
    "layers": {"deps": {"requirements": "lambdas/requirements.txt", "include": ["lambdas/common"]}},
    "state_machines": {"order": {"name": "OrderPipeline", "input_schema": "order.schema.json"}},
    "tables": {"orders": {"name": "Orders", "hash_key": "id"}},
    "buckets": {"files": {"name": "order-files"}},
    "topics": {
        "failures": {"name": "Failures", "subscriptions": [{"protocol": "sqs", "endpoint": "${queue:jobs.arn}"}]}
    },
    "queues": {
        "jobs": {"name": "jobs", "fifo": True, "dead_letter": {"queue": "dead", "max_receives": 3}},
        "dead": {"name": "dead", "fifo": True},
    },
    "alarms": {
        "slow": {
            "name": "Slow",
            "namespace": "AWS/States",
            "metric": "ExecutionTime",
            "period_seconds": 300,
            "evaluation_periods": 3,
            "datapoints_to_alarm": 2,
            "threshold": 1,
            "comparison": "GreaterThanThreshold",
        }
    },
    "roles": {"charge": {"name": "Charger"}},
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
FILES: dict[str, Any] = {
    "definitions/project.json": PROJECT,
    "definitions/environments/dev.json": {
        "region": "eu-west-1",
        "account_id": "210987654321",
        "parameters": {"agent": "dev agent"},
        "tags": {"Stage": "dev"},
        "profile": "shop-dev",
        "lambda": {"architecture": "x86_64"},
    },
    "definitions/environments/local.json": {"region": "us-east-1", "local": {"samples": "samples"}, "name_suffix": ""},
    "definitions/order.asl.json": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
    "definitions/order.schema.json": {"type": "object"},
    "lambdas/charge/function.json": {
        "name": "Charge",
        "layers": ["deps"],
        "environment": {"TABLE": "${table:orders}", "COUNT": 1},
    },
    "lambdas/charge/handler.py": "",
    "lambdas/common/__init__.py": "",
    "lambdas/requirements.txt": "requests==2.0\n",
    "iam/charge.json": POLICY,
    "iam/order.json": POLICY,
    "samples/example.com/index.html": "",
}


class Folder:
    """A project on disk that a test can change before it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = copy.deepcopy(FILES)

    def __getitem__(self, name: str) -> Any:
        return self.files[name]

    @property
    def project(self) -> Any:
        return self.files["definitions/project.json"]

    @property
    def function(self) -> Any:
        return self.files["lambdas/charge/function.json"]

    def load(self, env: str = "dev", **options: Any) -> Settings:
        for name, content in self.files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return load(self.path, env, **options)

    def problems(self, env: str = "dev") -> list[tuple[str, str]]:
        """(file:line:column relative to the project, message) of all problems."""
        with pytest.raises(InvalidProject) as caught:
            self.load(env)
        assert caught.value.problems
        return [(str(problem.where), problem.message) for problem in caught.value.problems]

    def problem(self, file: str, text: str) -> tuple[str, str]:
        """The only problem; it must stand in `file`, on a line that holds `text`."""
        with pytest.raises(InvalidProject) as caught:
            self.load()
        assert [str(item) for item in caught.value.problems] == [str(caught.value)]
        name, line, column = str(caught.value.where).rsplit(":", 2)
        assert name == file
        assert (self.path / name).read_text().splitlines()[int(line) - 1][int(column) - 1 :].startswith(text)
        return caught.value.message, caught.value.hint or ""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path)


def test_everything_with_its_defaults(folder: Folder) -> None:
    settings = folder.load()
    assert (settings.project, settings.env, settings.region) == ("orders", "dev", "eu-west-1")
    assert (settings.account_id, settings.profile) == ("210987654321", "shop-dev")
    assert (settings.runtime, settings.architecture) == ("python3.13", "x86_64")
    assert not settings.is_local
    machine = settings.state_machines["order"]
    assert (machine.key, machine.name, machine.role, machine.type) == ("order", "OrderPipeline", "order", "STANDARD")
    assert (machine.alias, machine.log_level, machine.log_retention_days) == ("production", "ALL", 30)
    assert machine.include_execution_data
    assert machine.tracing
    assert machine.input_schema == {"type": "object"}
    assert machine.source.value == FILES["definitions/order.asl.json"]
    function = settings.functions["charge"]
    assert (function.name, function.handler, function.role) == ("Charge", "handler.lambda_handler", "charge")
    assert (function.memory_mb, function.timeout_seconds, function.ephemeral_mb) == (256, 30, 512)
    assert (function.layers, function.reserved_concurrency) == (("deps",), None)
    assert function.folder == folder.path / "lambdas/charge"
    layer = settings.layers["deps"]
    assert (layer.name, layer.description) == ("orders-deps", "")
    assert layer.requirements == folder.path / "lambdas/requirements.txt"
    assert layer.include == (folder.path / "lambdas/common",)
    assert set(settings.policies) == {"charge", "order"}
    assert list(settings.functions) == ["charge"]  # lambdas/common has no function.json


def test_tags_are_merged(folder: Folder) -> None:
    settings = folder.load()
    assert settings.tags == {
        "Team": "shop",
        "Stage": "dev",
        "stepdeploy:project": "orders",
        "stepdeploy:environment": "dev",
        "stepdeploy:owner": "shop team",
    }
    assert settings.owner_tags == {"stepdeploy:project": "orders", "stepdeploy:environment": "dev"}


def test_an_alias_can_be_left_out(folder: Folder) -> None:
    folder.project["state_machines"]["order"]["alias"] = None
    assert folder.load().state_machines["order"].alias is None


def test_a_local_environment(folder: Folder) -> None:
    settings = folder.load("local")
    assert settings.is_local
    assert settings.local is not None
    assert (settings.local.samples, settings.local.idle_minutes) == (folder.path / "samples", 30)
    assert settings.account_id == LOCAL_ACCOUNT
    assert settings.physical_name("function", "charge") == "Charge"


def test_the_region_can_be_given(folder: Folder) -> None:
    assert folder.load(region="us-west-2").region == "us-west-2"


@pytest.mark.parametrize(
    ("kind", "key", "name"),
    [
        ("function", "charge", "Charge-dev"),
        ("state_machine", "order", "OrderPipeline-dev"),
        ("table", "orders", "Orders-dev"),
        ("bucket", "files", "order-files-dev-210987654321"),
        ("topic", "failures", "Failures-dev"),
        ("queue", "jobs", "jobs-dev.fifo"),
        ("alarm", "slow", "Slow-dev"),
        ("layer", "deps", "orders-deps-dev"),
        ("role", "charge", "Charger-dev"),
        ("role", "order", "OrderPipelineRole-dev"),
    ],
)
def test_names_on_aws(folder: Folder, kind: str, key: str, name: str) -> None:
    settings = folder.load()
    assert settings.physical_name(kind, key) == name
    assert key in settings.keys_of(kind)
    with pytest.raises(KeyError):
        settings.physical_name(kind, "none")


def test_prefix_and_log_groups(folder: Folder) -> None:
    folder["definitions/environments/dev.json"].update(name_prefix="shop-", name_suffix="")
    settings = folder.load()
    assert settings.physical_name("bucket", "files") == "shop-order-files-210987654321"
    assert settings.log_group_name("function", "charge") == "/aws/lambda/shop-Charge"
    assert settings.log_group_name("state_machine", "order") == "/aws/vendedlogs/states/shop-OrderPipeline"
    assert settings.keys_of("log_group") == ()


def test_parameters_and_where_they_are_declared(folder: Folder) -> None:
    settings = folder.load(overrides={"threshold": "90.5", "free": '["a"]'})
    assert settings.parameters == {"threshold": 90.5, "agent": "dev agent", "on": True, "free": ["a"]}
    lines = (folder.path / "definitions/project.json").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if '"agent"' in text)
    assert settings.parameter_places["agent"] == f"definitions/project.json:{line}:3"


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("agent", "1.10", "1.10"),
        ("agent", "true", "true"),
        ("agent", '"quoted"', "quoted"),
        ("agent", "", ""),
        ("on", "false", False),
        ("threshold", "7", 7),
        ("threshold", 7, 7),
        ("free", "plain text", "plain text"),
        ("free", "null", None),
    ],
)
def test_a_parameter_from_the_command_line_keeps_its_type(folder: Folder, name: str, given: Any, value: Any) -> None:
    found = folder.load(overrides={name: given}).parameters[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("threshold", "many", "must be a number, not 'many'"),
        ("threshold", "true", "must be a number, not 'true'"),
        ("on", "1", "must be true or false, not '1'"),
        ("treshold", "1", "declares no parameter 'treshold'"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(folder: Folder, name: str, given: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        folder.load(overrides={name: given})


def test_the_nearest_parameter_is_named(folder: Folder) -> None:
    with pytest.raises(UsageError) as caught:
        folder.load(overrides={"treshold": "1"})
    assert caught.value.hint == "Did you mean 'threshold'?"


def test_no_project_and_no_environment(folder: Folder) -> None:
    with pytest.raises(UsageError, match=r"has no definitions/project\.json"):
        load(folder.path, "dev")
    folder.load()
    assert environments(folder.path) == ["dev", "local"]
    for name in ("prod", "../project", ""):
        with pytest.raises(UsageError) as caught:
            load(folder.path, name)
        assert caught.value.hint == "There are: dev, local."


def test_all_problems_of_all_files_at_once_in_order(folder: Folder) -> None:
    folder.project["queues"]["jobs"]["fifoo"] = True
    folder.project["queues"]["jobs"]["retention_days"] = 15
    folder["definitions/environments/dev.json"]["account_id"] = "12"
    folder.function["memory_mb"] = "256"
    folder.files["iam/order.json"] = "{"
    found = folder.problems()
    assert [message for _, message in found] == [
        "account_id must be 12 digits, not '12'",
        "unknown key 'fifoo'",
        "queues.jobs.retention_days must be at most 14, not 15",
        "'{' is never closed; the file ends before its '}'",
        "memory_mb must be a whole number, not '256'",
    ]


PROJECT_FILE = "definitions/project.json"
FUNCTION_FILE = "lambdas/charge/function.json"
DEV_FILE = "definitions/environments/dev.json"


def put(path: str, value: Any) -> Any:
    """A change: `tables.orders.name` of project.json becomes `value`."""

    def change(folder: Folder) -> None:
        node, *rest = folder.project, *path.split(".")
        for name in rest[:-1]:
            node = node.setdefault(name, {})
        node[rest[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "text", "message", "hint"),
    [
        (put("state_machine", {}), '"state_machine"', "unknown key 'state_machine'", "Did you mean 'state_machines'?"),
        (put("tables.orders.hash", "x"), '"hash"', "unknown key 'hash'", "Did you mean 'hash_key'?"),
        (put("project", "Orders"), '"Orders"', "project must be lower-case letters, digits and '-'", ""),
        (put("state_machines.order.type", "EXPRES"), '"EXPRES"', "must be one of 'STANDARD', 'EXPRESS'", "Did you mean 'EXPRESS'?"),
        (put("state_machines.order.log_retention_days", 31), "31", "log_retention_days must be one of 1, 3, 5", ""),
        (put("state_machines.order.alias", "7"), '"7"', "must be letters, digits, '_', '.' and '-', not digits alone", ""),
        (put("state_machines.order.definition", "none.json"), '"none.json"', "there is no file definitions/none.json", ""),
        (put("state_machines.order.input_schema", "no.json"), '"no.json"', "there is no file definitions/no.json", ""),
        (put("tags.stepdeploy:owner", "me"), '"stepdeploy:owner"', "must be free of the prefixes", ""),
        (put("parameters.1st", 1), '"1st"', "'1st' cannot be a name here", ""),
        (put("parameters.agent", ["a", {"b": "${env}"}]), "[", "parameter 'agent' holds '${'", ""),
        (put("layers.deps.requirements", "none.txt"), '"none.txt"', "there is no file none.txt", ""),
        (put("layers.deps.include", ["lambdas/comon"]), '"lambdas/comon"', "there is no folder lambdas/comon", ""),
        (put("layers.more", {}), '"more"', "layer 'more' has neither requirements nor folders", ""),
        (put("tables.orders.range_key", "id"), '"id"', "the range key must not be the hash key", ""),
        (put("alarms.slow.period_seconds", 90), "90", "a period is 10, 20, 30 or a multiple of 60", ""),
        (put("alarms.slow.datapoints_to_alarm", 4), "4", "more datapoints to alarm than evaluation periods", ""),
        (put("queues.jobs.dead_letter.queue", "deed"), '"deed"', "there is no queue 'deed'", "Did you mean 'dead'?"),
        (put("queues.jobs.dead_letter.queue", "jobs"), '"jobs"', "a queue cannot be its own dead-letter queue", ""),
        (put("queues.dead.fifo", False), '"dead"', "the dead-letter queue of a FIFO queue, and only that, must be FIFO", ""),
        (put("roles.chargee", {"name": "X"}), '"chargee"', "there is no role 'chargee'", "Did you mean 'charge'?"),
        (put("tables.other", {"name": "Orders", "hash_key": "id"}), '"Orders"', "the table name 'Orders-dev' is also that of 'orders'", ""),
        (put("tables.orders.name", "a b"), '"a b"', "the table name 'a b-dev' may only hold letters, digits, '-', '_' and '.'", ""),
        (put("buckets.files.name", "Order"), '"Order"', "may only hold lower-case letters, digits and '-'", ""),
        (put("buckets.files.name", "b" * 47), '"bbb', "has 64 characters; AWS allows 3 to 63", ""),
        (put("state_machines.order.name", "m" * 77), '"mmm', "has 81 characters; AWS allows 1 to 80", ""),
        (put("roles.charge.name", "r" * 61), '"rrr', "has 65 characters; AWS allows 1 to 64", ""),
        (put("queues.dead.name", "q.fifo"), '"q.fifo"', "the queue name 'q.fifo-dev.fifo' may only hold", ""),
    ],
)  # fmt: skip
def test_problems_of_project_json(folder: Folder, change: Any, text: str, message: str, hint: str) -> None:
    change(folder)
    if text == '"mmm':
        folder.project["roles"]["order"] = {"name": "Order"}  # its default would be too long as well
    found, found_hint = folder.problem(PROJECT_FILE, text)
    assert message in found
    assert hint in found_hint


@pytest.mark.parametrize(
    ("changes", "text", "message", "hint"),
    [
        ({"layers": ["dep"]}, '"dep"', "there is no layer 'dep'", "Did you mean 'deps'?"),
        ({"layers": ["deps"] * 2}, "[", "layers names an item twice", ""),
        ({"handler": "handlr.main"}, '"handlr.main"', "handler handlr.main needs the file lambdas/charge/handlr.py", ""),
        ({"handler": "a/b.c.main"}, '"a/b.c.main"', "needs the file lambdas/charge/a/b/c.py", ""),
        ({"handler": "main"}, '"main"', "handler must be module.function, not 'main'", "The function that Lambda calls."),
        ({"role": "chrage"}, '"chrage"', "there is no policy iam/chrage.json", "Did you mean 'charge'?"),
        ({"memory_mb": 100}, "100", "memory_mb must be at least 128, not 100", ""),
        ({"memory_mb": 256.0}, "256.0", "memory_mb must be a whole number", ""),
        ({"timeout_seconds": 901}, "901", "timeout_seconds must be at most 900, not 901", ""),
        ({"environment": {"AWS_REGION": "x"}}, '"AWS_REGION"', "not one of Lambda's own", ""),
        ({"environment": {"_X": "x"}}, '"_X"', "'_X' cannot be a name here", ""),
        ({"environment": {"XY": None}}, "null", "environment.XY must be a string or a number or true or false, not null", ""),
        ({"timeout": 3}, '"timeout"', "unknown key 'timeout'", "Did you mean 'timeout_seconds'?"),
        ({"name": "f" * 61}, '"fff', "the function name", ""),
    ],
)  # fmt: skip
def test_problems_of_function_json(folder: Folder, changes: dict[str, Any], text: str, message: str, hint: str) -> None:
    folder.function.update(changes)
    if "role" in changes:
        folder.files["lambdas/other/function.json"] = {"name": "Other", "role": "charge"}
        folder.files["lambdas/other/handler.py"] = ""
        folder.project["roles"] = {}
    found, found_hint = folder.problem(FUNCTION_FILE, text)
    assert message in found
    assert hint in found_hint


@pytest.mark.parametrize(
    ("changes", "text", "message"),
    [
        ({"region": "Ireland"}, '"Ireland"', "region must be an AWS region such as us-east-1, not 'Ireland'"),
        ({"parameters": {"agnet": 1}}, '"agnet"', "the project declares no parameter 'agnet'"),
        ({"parameters": {"agent": "${env}"}}, '"${env}"', "names are not replaced there"),
        ({"name_suffix": "_x"}, None, "may only hold lower-case letters"),
        ({"local": {"samples": "none"}}, '"none"', "there is no folder none"),
    ],
)
def test_problems_of_an_environment(folder: Folder, changes: Any, text: str | None, message: str) -> None:
    folder[DEV_FILE].update(changes)
    if text is None:
        found, _ = folder.problem(PROJECT_FILE, '"order-files"')
    else:
        found, _ = folder.problem(DEV_FILE, text)
    assert message in found


def test_an_environment_on_real_aws_names_its_account(folder: Folder) -> None:
    del folder[DEV_FILE]["account_id"]
    found, _ = folder.problem(DEV_FILE, "{")
    assert found == "an environment on real AWS needs 'account_id'"


def test_a_missing_key_is_named_at_its_object(folder: Folder) -> None:
    del folder.project["tables"]["orders"]["hash_key"]
    assert folder.problem(PROJECT_FILE, "{") == ("tables.orders lacks 'hash_key'", "")


def test_missing_definition_of_the_default_name(folder: Folder) -> None:
    del folder.files["definitions/order.asl.json"]
    assert folder.problem(PROJECT_FILE, '"order"')[0] == "there is no file definitions/order.asl.json"


def test_a_role_name_made_from_a_function_name_is_located_there(folder: Folder) -> None:
    folder.project["roles"] = {}
    folder.function["name"] = "f" * 59  # 63 with the suffix, and 67 as the name of the role
    assert "the role name" in folder.problem(FUNCTION_FILE, '"fff')[0]


def test_policies(folder: Folder) -> None:
    del folder.files["iam/charge.json"]
    assert folder.problem(FUNCTION_FILE, '"Charge"')[0] == "there is no policy iam/charge.json"
    folder.files["iam/charge.json"] = {**POLICY, "Version": "2008-10-17"}
    assert folder.problem("iam/charge.json", '"2008-10-17"')[0] == "Version must be '2012-10-17', not '2008-10-17'"
    folder.files["iam/charge.json"] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Actions": "*"}]}
    assert folder.problem("iam/charge.json", '"Actions"') == ("unknown key 'Actions'", "Did you mean 'Action'?")
    folder.files["iam/charge.json"] = POLICY
    folder.files["iam/idle.json"] = POLICY
    assert folder.problem("iam/idle.json", "{")[0] == "no function and no state machine has the role 'idle'"


def test_a_broken_function_does_not_make_its_policy_idle(folder: Folder) -> None:
    folder.function["memory"] = 1
    folder.files["iam/special.json"] = POLICY
    folder.function["role"] = "special"
    assert folder.problem(FUNCTION_FILE, '"memory"')[0] == "unknown key 'memory'"


def test_an_input_schema_must_be_one(folder: Folder) -> None:
    folder.files["definitions/order.schema.json"] = {"type": "objekt"}
    with pytest.raises(InvalidProject) as caught:
        folder.load()
    assert {str(problem.where) for problem in caught.value.problems} == {"definitions/order.schema.json:2:10"}


def test_broken_json_in_a_definition_has_its_place(folder: Folder) -> None:
    folder.files["definitions/order.asl.json"] = '{\n "States": {,}\n}'
    assert folder.problems() == [("definitions/order.asl.json:2:13", "expected a key in double quotes")]


@pytest.mark.parametrize(
    ("kind", "name", "problem"),
    [
        ("bucket", "ab", "has 2 characters; AWS allows 3 to 63"),
        ("bucket", "xn--abc", "may only hold lower-case"),
        ("bucket", "abc-", "may only hold lower-case"),
        ("bucket", "a.b", "may only hold lower-case"),
        ("role", "größe", "may only hold letters, digits and"),
        ("table", "ab", "has 2 characters; AWS allows 3 to 255"),
        ("topic", "t.fifo", "may only hold"),
        ("queue", "q.fifo", None),
        ("alarm", "Slow: 5 % of calls", None),
        ("function", "f" * 64, None),
        ("function", "f" * 65, "has 65 characters"),
        ("state_machine", "a\n", "may only hold"),
        ("layer", "", "has 0 characters"),
    ],
)
def test_rules_of_aws_for_names(kind: str, name: str, problem: str | None) -> None:
    found = NameRules("", "", "1").problem(kind, name)
    assert (found is None) if problem is None else (found is not None and problem in found)


def test_the_project_that_comes_along_is_sound() -> None:
    root = Path(__file__).parents[2]
    assert "local" in environments(root)
    for env in environments(root):
        assert load(root, env).state_machines
