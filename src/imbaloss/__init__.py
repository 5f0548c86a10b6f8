"""imbaloss: which loss finds the rare class best, and is the difference real?"""

__version__ = "0.1.0"
