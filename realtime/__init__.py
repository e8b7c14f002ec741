"""What is live: news of topics, and workshops with their boards, from plan to record."""
