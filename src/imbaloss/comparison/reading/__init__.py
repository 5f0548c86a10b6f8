"""Reading the files that people have: tables of text and numbers, and images."""
