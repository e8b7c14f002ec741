"""What `./dev bench` runs. Speed is never a test: it is measured here, beside what it is compared to."""
