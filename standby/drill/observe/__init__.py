"""The drill's reads of the deployment itself, which no fault affects, and its check of the steady state."""
