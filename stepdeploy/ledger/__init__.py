"""What the tool keeps for itself on AWS, in the table `stepdeploy-<project>-<env>`: the inventory, what was last applied,
the deploy lock and the history of releases. docs/releases.md lists the items."""
