"""Keeping rooms safe, in the open. Knows the mixin `Moderated`, not posts."""
