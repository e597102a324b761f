"""What the drill sees for itself: both regions past every fault, and the steady state."""
