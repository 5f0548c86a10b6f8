"""What an answer says first, on the page, in the terminal and as JSON: alerts, the decision, methods in order."""
