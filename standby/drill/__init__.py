"""The drill: break a deployment on purpose, bring it back, and measure what its users noticed."""
