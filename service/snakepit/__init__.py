"""Snakepit: pools of Python worker processes that execute commands; observed only through its generated package."""
