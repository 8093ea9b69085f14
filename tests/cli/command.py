"""The command, run in this process."""

from typer.testing import CliRunner, Result

from quintet.cli.main import app


def invoke(*arguments: object) -> Result:
    """Run `quintet` with these arguments."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="quintet")


def ok(*arguments: object) -> Result:
    """Run `quintet` and ask for success."""
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result
