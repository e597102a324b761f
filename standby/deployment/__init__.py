"""The parts of one deployment that every layer shares: its manifest, boto3 clients and connection. No policy."""
