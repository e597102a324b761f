"""What a deployment costs in a month: from the synthesized Terraform JSON, a price list and a usage profile."""
