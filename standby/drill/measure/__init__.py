"""From the records of requests to measures, and the objectives that measures are compared with."""
