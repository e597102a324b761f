"""Reviews a Terraform plan: what it changes, and what that does to the recovery of the deployment."""
