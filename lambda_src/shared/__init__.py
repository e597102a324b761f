"""What the five functions share: settings, clients, logs, answers, errors."""
