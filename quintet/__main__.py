"""Entry point of ``python -m quintet`` and of the ``quintet`` command."""

import sys


def main() -> None:
    """Run the command line; PyTorch is imported only by the commands that need it.

    A command handles Ctrl-C itself. This message is for one that is pressed earlier, during the imports.
    """
    try:
        _run()
    except KeyboardInterrupt:
        print("quintet: interrupted before the command began; nothing was written.", file=sys.stderr)
        sys.exit(130)


def _run() -> None:
    from quintet.errors import ExtraMissing
    from quintet.extras import extra

    try:
        with extra("cli", "The quintet command"):
            from quintet.cli.main import app
    except ExtraMissing as error:
        print(f"quintet: {error}", file=sys.stderr)
        sys.exit(2)
    app(prog_name="quintet")


if __name__ == "__main__":
    main()
