"""The kernel: a plan is data, built by reading and pure comparison; one loop applies it. Knows no kind of resource."""
