"""What this application is: voices, themes, answers and the laws that hold between them."""
