"""Options with an old name beside the new one: whoever types the old name is told which one stays."""

from typing import Any

from typer.core import TyperCommand

from imbaloss.cli.terminal import tell
from imbaloss.old_names import describe_old_name

RENAMED = {"--mark": "--marked-number", "--size": "--image-size", "--address": "--ray-address"}


class CommandOfRenamedOptions(TyperCommand):
    """A command that says on standard error, in one line, which of the typed options have a name that goes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # a Context, of a module that typer keeps to itself
        """Parse the words of the command, and name the old options among them. Nothing is said of wrong words."""
        typed = {word.partition("=")[0] for word in args}
        rest = super().parse_args(ctx, args)
        names = {name for option in self.params for name in option.opts}
        told = [describe_old_name(old, new) for old, new in RENAMED.items() if old in typed & names]
        if told and not ctx.resilient_parsing:  # as where the shell completes words
            tell(f"imbaloss: {'; '.join(told)}")
        return rest
