"""A fictional ward to look at: its texts are in `content/`, entered through the same verbs."""
