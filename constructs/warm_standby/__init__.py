"""A document chatbot on Amazon Bedrock in two AWS regions, as CDK for Terraform constructs."""
