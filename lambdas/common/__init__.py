"""Code that the pipeline's Lambdas share; it ships in the layer."""
