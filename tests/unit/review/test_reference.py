"""docs/review.md is generated from the rules."""

from stepdeploy.review.reference import PAGE, page


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m stepdeploy.review.reference"
