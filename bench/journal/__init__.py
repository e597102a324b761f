"""What a journal of 100,000 events costs the commands that read it, against an S3 stand-in."""
