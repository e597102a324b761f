"""What the drill reads from the deployment itself, past every fault, and its check of the steady state."""
