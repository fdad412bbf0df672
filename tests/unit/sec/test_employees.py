"""Which number of people in a sentence is the whole workforce, and which is not."""

from __future__ import annotations

import pytest
from sec_extraction.employees import find_employees

YEARS = (2024, 2025)

WHOLE = {
    "As of December 31, 2024, we had 424 employees worldwide.": 424,
    "At year-end the Company had approximately 164,000 full-time equivalent employees.": 164_000,
    "As of the end of fiscal year 2025, we had approximately 36,000 employees in 38 countries; 27,100 were engineers.": 36_000,
    "As of December 31, 2024, our employee headcount worldwide was 125,665.": 125_665,
    "At the end of fiscal 2024, we employed approximately 470,100 associates, of whom 50,600 were salaried.": 470_100,
    "As of June 30, 2024, we employed about 228,000 people on a full-time basis, 126,000 in the United States.": 228_000,
    "As of January 31, 2025, we employed approximately 2.1 million associates worldwide.": 2_100_000,
    "We had a global headcount of 74,067 employees as of December 31, 2024.": 74_067,
    "As of May 2024 we employed roughly 1,556,000 full-time and part-time employees.": 1_556_000,
    "We had approximately 69,700 and 79,100 employees as of December 31, 2024 and 2023, respectively.": 69_700,
    "As of December 31, 2024, we had 35 employees, 30 of whom were full-time.": 35,
    "As of March 1, 2025, we had eleven full-time employees.": 11,
    "Our workforce consisted of approximately 5,200 team members as of December 31, 2024.": 5_200,
    "The number of employees worldwide, including those in company-run restaurants, totaled over 150,000 in 2024.": 150_000,
    "The Bank and its subsidiaries had 1,021 full-time equivalent employees at December 31, 2024.": 1_021,
    "The number of regular employees was 61 thousand at year-end 2024.": 61_000,
}

NOT_THE_WHOLE = (
    "Over 13,000 of our employees took advantage of opportunities to move within the company.",
    "We provided tuition reimbursement for approximately 2,600 employees in 2024.",
    "We have approximately 4,700 employees in the region who support research.",
    "Our CISO leads a team of over 500 associates focused on cybersecurity.",
    "As of December 31, 2024, we had 12,000 full-time and 3,000 part-time employees.",
    "As of December 31, 2020, we had 300 employees.",
    "In the United States, we employed 211,000 people as of September 29, 2024.",
    "As of December 31, 2024, we had 900 employees covered by collective bargaining agreements.",
    "Our customers have fewer than 50 employees.",
    "In 2024 we reduced our workforce by 1,500 employees.",
    "We issued 94,560 shares to key employees of a company we had acquired.",
    "The Act applies to companies that have more than 500 employees if they do business in the state.",
    "We had good relations with our employees in 2024.",
    "As of December 31, 2024 and 2023, we had 100 and 90 employees, respectively.",
)


@pytest.mark.parametrize(("sentence", "number"), WHOLE.items())
def test_whole_workforce(sentence: str, number: int) -> None:
    found = find_employees([sentence], YEARS)
    assert found is not None
    assert found.number == number
    assert found.quote in sentence


@pytest.mark.parametrize("sentence", NOT_THE_WHOLE)
def test_anything_else_is_left_out(sentence: str) -> None:
    assert find_employees([sentence], YEARS) is None


def test_two_numbers_that_both_claim_to_be_the_whole_cancel_out() -> None:
    sentences = ["As of March 1, 2025, we had 900 employees.", "As of March 1, 2025, we had 1,200 employees."]
    assert find_employees(sentences, YEARS) is None


def test_a_number_said_more_often_wins_over_a_single_other_one() -> None:
    sentences = ["As of March 1, 2025, we had 900 employees.", "We had 1,200 employees as of then."]
    found = find_employees([sentences[0], sentences[0], sentences[1]], YEARS)
    assert found is not None
    assert found.number == 900
