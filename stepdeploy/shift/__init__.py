"""Gradual releases: an alias moves to a new version in steps, each judged, and back in one call where it fails.

`strategy` and `judge` are pure; `state` is the record of a shift under way and `store` keeps it in DynamoDB under
conditional writes, so that one driver alone moves weights; `evidence` asks AWS how the new version fares; `driver` is
the loop; `conduct` is what a deploy calls in place of the alias's one call. docs/releases.md, "Gradual releases".
"""
