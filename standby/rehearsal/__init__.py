"""The whole deployment on one machine: real Terraform, the real AWS provider, and MiniStack, an AWS emulator."""
