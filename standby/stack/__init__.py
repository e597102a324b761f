"""The synthesized stack: how it is made, what it says, and which actions its deployment needs. It calls no service."""
