"""The root of the command line: commands by task, a profile to start from, and helm's verbs."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

TASKS = {
    "Start": ("init", "convert"),
    "Look at a profile": ("validate", "plan", "explain", "schema"),
    "Choose": ("example", "fit", "models", "profiles"),
    "Deploy": ("render", "install", "pause", "resume"),
}
EPILOG = """A profile, chat.wings.yaml:

  wingsctl: v1
  name: chat
  model: qwen2.5-7b-instruct
  engine: vllm
  accelerator: nvidia-l4

Then: wingsctl plan chat.wings.yaml

Documentation: README.md and docs/ at the place that you got wingsctl from
"""
HELM_VERBS = {
    "get": "helm get manifest RELEASE -n NAMESPACE",
    "history": "helm history RELEASE -n NAMESPACE",
    "lint": "helm lint --strict charts/NAME",
    "list": "helm list -n NAMESPACE",
    "package": "helm package charts/NAME",
    "pull": "helm pull CHART",
    "rollback": "helm rollback RELEASE -n NAMESPACE",
    "status": "helm status RELEASE -n NAMESPACE",
    "template": "helm template NAME charts/NAME",
    "test": "helm test RELEASE -n NAMESPACE --logs",
    "uninstall": "helm uninstall RELEASE -n NAMESPACE",
    "upgrade": "helm upgrade --install NAME charts/NAME -n NAMESPACE",
}
"""Helm's verbs -> the line that does it."""
HABITS = {
    "apply": "wingsctl install PROFILE",
    "delete": "helm uninstall RELEASE -n NAMESPACE",
    "describe": "wingsctl plan PROFILE",
    "diff": "wingsctl render --check PROFILE, against the chart on disk",
    "help": "wingsctl --help, or wingsctl COMMAND --help",
    "logs": "kubectl logs -n NAMESPACE -l app.kubernetes.io/instance=RELEASE --all-containers",
    "version": "wingsctl --version",
}
"""Verbs of other command lines -> what does it here."""


class Root(TyperGroup):
    """Lists its commands by task; knows helm's verbs by name."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """A section for each task, each command with its first sentence in one line."""
        rest = [name for name in self.commands if not any(name in each for each in TASKS.values())]
        for task, names in {**TASKS, "Further commands": tuple(rest)}.items():
            rows = [(name, self._line(name, formatter)) for name in names if name in self.commands]
            if rows:
                with formatter.section(task):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The smallest profile, as it stands."""
        formatter.write(f"\n{EPILOG}")

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """The command, or the line of helm's that does what was asked for."""
        verb = args[0] if args else ""
        if verb in HELM_VERBS and verb not in self.commands:
            ctx.fail(f"{verb!r} is left to helm: {HELM_VERBS[verb]}")
        if verb in HABITS and verb not in self.commands:
            ctx.fail(f"there is no {verb!r} here; use {HABITS[verb]}")
        return super().resolve_command(ctx, args)

    def _line(self, name: str, formatter: Any) -> str:
        longest = max(map(len, self.commands))
        return str(self.commands[name].get_short_help_str(formatter.width - longest - 6))
