"""The command line tool, run from a checkout: `python deploy_stepfunction.py --help`."""

from stepdeploy.commands import main

if __name__ == "__main__":
    main()
