"""The cache of an edge location, as a process of its own: CloudFront between a viewer and an origin."""
