"""The files of a rehearsal: their paths, its JSON records, and the locks."""
