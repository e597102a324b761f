"""Hosted zones and custom domains, where MiniStack differs from AWS."""
