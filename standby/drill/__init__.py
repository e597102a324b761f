"""The drill: inject faults into a deployment under load, restore it, and measure what users notice."""
