"""Options of helm's that a person adds to the command, and those that would contradict ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_OURS = {
    "--namespace", "-n", "--kube-context", "--create-namespace", "--values", "-f", "--set",
    "--set-string", "--set-json", "--set-file", "--wait", "--timeout", "--rollback-on-failure",
    "--dry-run",
}  # fmt: skip
_REASONS = {
    **{option: f"give {option} before --: wingsctl has this option" for option in _OURS},
    "--atomic": "give --rollback-on-failure before --: it is the same",
    "--install": "wingsctl sets --install itself",
    "-i": "wingsctl sets --install itself",
}
_ELSEWHERE = (
    "{} would lead helm alone to another cluster: set KUBECONFIG, or give --kube-context before --"
)
_KEEPING = {"--reuse-values", "--reset-then-reuse-values"}


def refused_options(extra: Sequence[str]) -> Iterator[str]:
    """Why each of these words may not be handed to helm; nothing where all may be."""
    for word in extra:
        option = word.partition("=")[0] if word.startswith("--") else word[:2]
        if option in _REASONS:
            yield _REASONS[option]
        elif option.startswith("--kube"):
            yield _ELSEWHERE.format(option)


def keeps_values(extra: Sequence[str]) -> bool:
    """Whether values of the release stay where the command gives others."""
    return bool(_on(extra) & _KEEPING)


def drops_values(extra: Sequence[str]) -> bool:
    """Whether the values of the release go on purpose."""
    return "--reset-values" in _on(extra)


def _on(extra: Sequence[str]) -> set[str]:
    return {word.removesuffix("=true") for word in extra}
