"""Service integrations: what a Task's Resource does. One service, one file; see `resources` for which there are."""
