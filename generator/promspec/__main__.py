"""`python -m promspec`: the command, where no script is on the path."""

from promspec.cli import main

if __name__ == "__main__":
    main()
