"""The alarms, the alert topic and the dashboard of one region."""
