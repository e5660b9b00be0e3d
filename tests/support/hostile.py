"""Texts that break what quotes them wrongly, by what they would break."""

from __future__ import annotations

HOSTILE = {
    "template": "{{ .Release.Name }} {% if x %}",
    "kubernetes": "$(POD_IP) $(MODEL_NAME) $$ $$$ $",
    "shell": "`id` $HOME ${HOME} $(id) ; rm -rf / && echo * ? ~ | > <",
    "quotes": "it's \"both\" \\ '\\'' \\n",
    "lines": "one\ntwo\r\n\tthree\n\n",
    "yaml": "# not: a comment, - no list, yes, !!tag, %percent",
    "words": "中文 🚀 é\u2028",
    "long": "x" * 65536,
    "empty": "",
    "dashes": "--served-model-name",
}
