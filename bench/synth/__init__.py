"""How long a synth takes and how much memory it needs: stock bindings, lazy bindings, and cdktf alone."""
