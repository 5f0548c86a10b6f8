"""Results that were computed elsewhere: scores or predictions in a file, judged and shown like those of a study."""
