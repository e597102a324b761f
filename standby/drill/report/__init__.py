"""The report of a drill: JSON, table, HTML, and the comparison with an older one."""
