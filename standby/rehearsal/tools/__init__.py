"""Programs that a rehearsal starts or serves: Terraform, Node.js, Chromium, shells."""
