"""What `./dev bench` runs. Speed is never a test: it is measured here, as ratios of one run."""
