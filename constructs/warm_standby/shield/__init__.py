"""The shield in front of the site and of the APIs: AWS WAF."""
