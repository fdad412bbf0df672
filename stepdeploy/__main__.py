"""`python -m stepdeploy`."""

from stepdeploy.commands import main

main()
