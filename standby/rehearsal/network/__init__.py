"""How users and operators reach the emulator by AWS host names: region proxies and the edge, both Caddy."""
