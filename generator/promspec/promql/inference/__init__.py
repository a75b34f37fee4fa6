"""What an expression's result looks like, and what is wrong in it, judged against a registry of series."""
