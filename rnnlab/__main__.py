"""`python -m rnnlab` is `rnnlab`: ctrl-c has no traceback, even during the imports."""

from rnnlab.base.interrupts import end_at_interrupt


def main() -> None:
    """Run `rnnlab` and exit."""
    end_at_interrupt()
    from rnnlab.cli import main as run  # after the line above

    run()


if __name__ == "__main__":
    main()
