"""What every layer shares about one deployment: its manifest, its boto3 clients, the connection. No policy."""
