"""The parts of `standby rehearse`."""
