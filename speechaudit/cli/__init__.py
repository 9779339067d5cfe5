"""The command line. Heavy libraries are imported by the command that needs them: `--help` answers at once."""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from speechaudit import __version__
from speechaudit.cli.audit import audit
from speechaudit.cli.calibrate import calibrate
from speechaudit.cli.evaluate import evaluate
from speechaudit.cli.learn import learn
from speechaudit.cli.model import model
from speechaudit.cli.prompts import prompts
from speechaudit.cli.report import report
from speechaudit.cli.rules import rules
from speechaudit.cli.voices import voices
from speechaudit.errors import InputError, SpeechAuditError

USAGE = 2


@cache
def _joined() -> dict[str, EntryPoint]:
    """Commands of packages on top of the library, which it does not import itself."""
    return {point.name: point for point in entry_points(group="speechaudit.commands")}


class _Group(click.Group):
    """Shows our own errors as one line and exits with 2; commands of other packages join by entry point."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *_joined()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        point = _joined().get(cmd_name)
        command: click.Command | None = point.load() if point else super().get_command(ctx, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SpeechAuditError as problem:
            click.echo(f"错误:{problem}", err=True)
        except OSError as problem:
            if problem.filename is None:  # a pipe whose reader has left is for click
                raise
            told = InputError(problem.filename, f"无法读写({problem.strerror})", "请检查路径、权限和磁盘空间")
            click.echo(f"错误:{told}", err=True)
        except ModuleNotFoundError as problem:
            if ctx.invoked_subcommand not in _joined():
                raise
            click.echo(f"错误:缺少 {problem.name};请运行 pip install 'speechaudit[service]'", err=True)
        sys.exit(USAGE)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="speechaudit")
def main() -> None:
    """听录音,评服务:政务服务窗口语音稽核。"""


@main.command()
def schema() -> None:
    """输出稽核结果的 JSON Schema。"""
    import json

    from speechaudit import formats

    click.echo(json.dumps(formats.schema(), ensure_ascii=False, indent=2))


for _command in (audit, calibrate, evaluate, learn, model, prompts, report, rules, voices):
    main.add_command(_command)
