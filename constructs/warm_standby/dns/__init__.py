"""A name of the API for clients that are not the page: DNS follows `config.json`."""
