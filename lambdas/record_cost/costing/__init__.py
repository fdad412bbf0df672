"""A copy of the SHARED modules of stepdeploy/cost, made by scripts/copy_costing: edit them there."""
