"""The report of a drill: its JSON document, the HTML page, and the comparison with an older report."""
