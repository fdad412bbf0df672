"""The Lambda of the embedded AWS: its API, and a pool of processes that really run the zips."""
