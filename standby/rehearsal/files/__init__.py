"""The files of a rehearsal: their paths, JSON records, locks."""
