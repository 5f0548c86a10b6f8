"""Features of images that do not depend on labels, which any learner then learns from."""
