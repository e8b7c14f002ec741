"""What is written, at each person's own time: rooms, topics, posts, public comments."""
