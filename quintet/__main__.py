"""``python -m quintet`` and the ``quintet`` command are the same."""


def main() -> None:
    """Run the command; PyTorch is imported only by the commands that need it."""
    from quintet.cli.main import app

    app(prog_name="quintet")


if __name__ == "__main__":
    main()
