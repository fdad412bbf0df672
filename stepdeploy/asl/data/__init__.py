"""What data each state can see: an abstract interpreter that walks every way through a definition.

A `Value` is what is known of some JSON (values); a `World` is what is known where a state starts: its input and the
variables. `analysis.analyse` carries worlds along all transitions, Catch included, and collects `Miss`es: reads that
find nothing, or may find nothing, with the way that leads there. It claims only what it knows: what a Lambda function
without a schema returns is anything, and reading from anything raises no finding.
"""
