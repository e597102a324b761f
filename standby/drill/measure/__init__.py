"""From records to figures, and the objectives that they are compared with."""
