"""What is live: news of a topic reaches the browsers that have it open."""
