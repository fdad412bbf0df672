"""Strategies, times and weights as people write them; what is off is named."""

from __future__ import annotations

import pytest

from stepdeploy.errors import UsageError
from stepdeploy.shift.policy import DEFAULTS, Policy, policy_of
from stepdeploy.shift.strategy import Strategy, duration, duration_text, parse, parse_weights


@pytest.mark.parametrize(
    ("text", "weights", "seconds"),
    [
        ("all-at-once", (100,), 0),
        ("canary:10%/5m", (10, 100), 300),
        (" canary:1%/90s ", (1, 100), 90),
        ("canary:99%/1h", (99, 100), 3600),
        ("linear:20%/2m", (20, 40, 60, 80, 100), 120),
        ("linear:30%/1s", (30, 60, 90, 100), 1),
        ("linear:50%/168h", (50, 100), 604800),
        ("linear:99%/2m", (99, 100), 120),
    ],
)
def test_a_strategy_is_a_row_of_weights(text: str, weights: tuple[int, ...], seconds: float) -> None:
    found = parse(text)
    assert (found.weights, found.seconds) == (weights, seconds)
    assert parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no strategy ''"),
        ("canry:10%/5m", "Did you mean 'canary'"),
        ("10%/5m", "there is no strategy '10%/5m'"),
        ("all-at-once:10%", "nothing stands behind it"),
        ("canary", "canary needs a share and a time, such as canary:10%/5m"),
        ("canary:10%", "needs a share and a time"),
        ("canary:10/5m", "'10' is no share"),
        ("canary:%/5m", "'%' is no share"),
        ("canary:1.5%/5m", "'1.5%' is no share"),
        ("canary:0%/5m", "from 1% to 99%, not 0%"),
        ("canary:100%/5m", "from 1% to 99%, not 100%"),
        ("linear:20%/", "'' is no time"),
        ("linear:20%/5", "the time '5' has no unit: s (seconds), m (minutes) or h (hours)"),
        ("linear:20%/5d", "has the unit 'd'"),
        ("linear:20%/-5m", "'-5m' is no time"),
        ("linear:20%/0m", "at most 168h, not 0m"),
        ("linear:20%/169h", "at most 168h, not 169h"),
        ("linear:20%/5m/2m", "'5m/2m' is no time"),
    ],
)
def test_what_is_off_is_named(text: str, why: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text)
    assert why in f"{error.value.message} {error.value.hint}"
    assert error.value.hint and "canary:10%/5m" in error.value.hint


def test_times_there_and_back() -> None:
    for text in ("1s", "90s", "5m", "1h", "36h", "0s"):
        assert duration_text(duration(text)) == text
    assert duration_text(duration("120m")) == "2h"


@pytest.mark.parametrize(
    ("routes", "found"),
    [(("8:50", "7:50"), {8: 50, 7: 50}), (("8:100",), {8: 100}), (("12:1%", "3:99%"), {12: 1, 3: 99})],
)
def test_weights(routes: tuple[str, ...], found: dict[int, int]) -> None:
    assert parse_weights(routes) == found


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        ((), "one version or two, not 0"),
        (("8",), "'8' is not VERSION:WEIGHT"),
        (("8:50:7",), "is not VERSION:WEIGHT"),
        (("0:100",), "is not VERSION:WEIGHT"),
        (("8:50", "8:50"), "version 8 is named twice"),
        (("8:40", "7:40", "6:20"), "one version or two, not 3"),
        (("8:100", "7:0"), "weight 0 is not served"),
        (("8:60", "7:50"), "the weights make 110, not 100"),
        (("8:99",), "the weights make 99"),
    ],
)
def test_weights_that_no_alias_can_have(routes: tuple[str, ...], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_weights(routes)


def test_a_policy_has_the_settings_and_the_command_line_goes_before_them() -> None:
    raw = {"strategy": "linear:20%/2m", "alarms": ["slow", {"name": "Elsewhere"}, "slow"], "max_wait": "10m"}
    found = policy_of(raw, "canary:5%/1h", lambda key: f"{key}-prod")
    assert found == Policy(Strategy("canary", 5, 3600), ("slow-prod", "Elsewhere"), 5, 20, 600)
    assert policy_of(raw, None, str).strategy == Strategy("linear", 20, 120)
    assert Policy.from_json(found.to_json()) == found


def test_without_settings_the_alias_moves_at_once() -> None:
    assert policy_of({}, None, str) == Policy()
    assert policy_of(DEFAULTS, None, str) == Policy()
