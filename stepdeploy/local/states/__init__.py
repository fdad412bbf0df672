"""Step Functions of the embedded AWS: control plane, executions, service integrations."""
