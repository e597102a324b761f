"""The Lambda functions of one region."""
