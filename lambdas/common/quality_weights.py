"""What each cross-check weighs, and the limits that it holds values to. Published in docs/quality.md."""

from __future__ import annotations

from datetime import date

BALANCE, EQUITY_OVER_ASSETS, NEGATIVE_ASSETS = 20.0, 15.0, 15.0
INCOME_SCALE, INCOME_OVER_REVENUE, NEGATIVE_COUNT = 10.0, 4.0, 8.0
FUTURE_PERIOD, LATE_FILING, STALE_PERIOD, FISCAL_YEAR = 15.0, 5.0, 5.0, 5.0
SHARE_PRICE = 4.0
OTHER_NAME, OTHER_CEO = 8.0, 10.0
TWO_HEADS, MANY_ROLES, NAMED_TWICE = 3.0, 2.0, 2.0

# A balance sheet is rounded line by line.
ROUNDING = 0.005
# A loss or gain of this many times the revenue happens (young drug makers), but thousands is also what a figure "in
# thousands" read as it stands looks like.
SCALE = 1000.0
# Form 10-K, general instruction A(2): 60, 75 or 90 days after the year's end; rule 12b-25 gives 15 more. A few days are
# added for ends on holidays: about four months in all.
DAYS_TO_FILE = 120
# With a year between two reports and so long to file, the newest period is at most that old.
DAYS_A_YEAR = 366
# The price of a share that float and share count imply, in USD. The dearest ever, Berkshire Hathaway's class A, is
# below the upper bound; the float leaves out what insiders hold, so a low price proves little.
LOWEST_PRICE, HIGHEST_PRICE = 0.00001, 1_500_000.0
# Form 20-F, general instruction A(b): four months since fiscal years that end on 15 December 2011, six before; rule
# 12b-25 gives 15 days more.
DAYS_TO_FILE_20F, DAYS_TO_FILE_20F_BEFORE, NEW_20F_LIMIT = 145, 205, date(2011, 12, 15)
# SEC release 34-88465: 45 days more for reports due from March to June 2020.
RELIEF, RELIEF_DAYS = (date(2020, 3, 1), date(2020, 9, 30)), 45
