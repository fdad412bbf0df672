"""A project's settings: definitions/project.json, definitions/environments/<env>.json, lambdas/*/function.json, iam/*.json.

Every file is checked against a JSON Schema (stepdeploy/schemas), and against the other files; all problems are reported
at once, each with file:line:column. `${names}` are not replaced here: see stepdeploy.project.
"""

from stepdeploy.settings.model import LOCAL_ACCOUNT, Function, Layer, Local, Machine, Settings
from stepdeploy.settings.reader import environments, load

__all__ = ["LOCAL_ACCOUNT", "Function", "Layer", "Local", "Machine", "Settings", "environments", "load"]
