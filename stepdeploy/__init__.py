"""stepdeploy: ship AWS Step Functions pipelines as whole releases."""

__version__ = "0.1.0"
