"""`python -m standby`: the same as the `standby` command."""

from standby.cli import main

if __name__ == "__main__":
    main()
