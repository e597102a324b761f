"""Sign-in in a rehearsal: its settings, and its OpenID Connect provider."""
