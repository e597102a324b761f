"""An edge location's cache, as a process of its own: what CloudFront does between a viewer and an origin."""
