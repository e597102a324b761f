"""The API's name in DNS, as this machine resolves it."""
