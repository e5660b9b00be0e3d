"""What looks like a secret, and what does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rows import check_rows
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.catalog.secrets import check_secrets, looks_secret, mask_secrets, names_secret

TOKENS = [
    "hf_" + "a" * 20, "sk-" + "a" * 20, "sk-proj-" + "a1_" * 10, "ghp_" + "a" * 24,
    "gho_" + "a" * 24, "glpat-" + "a" * 20, "AKIA" + "A" * 16, "xoxb-" + "1" * 12,
    "nvapi-" + "a" * 20, "eyJhbGciOiJI.eyJzdWIiOiIx." + "a" * 8, "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
]  # fmt: skip
HARMLESS = [
    "hf_cache", "hf_hub", "sk-learn", "task-1234567890123456", "risk-management-of-models", "AKIA",
    "disk-type-that-is-long-enough", "half_AbCdEfGhIjKlMnOpQrStUvWx", "-----BEGIN CERTIFICATE-----",
]  # fmt: skip


AROUND = ["{}", "Bearer {}", "https://user:{}@host", '"{}"', "a={},b"]


def test_tokens_are_found_and_masked():
    def check(row: tuple[str, str]) -> Iterator[str]:
        token, around = row
        text = around.format(token)
        if not looks_secret(text):
            yield "does not look secret"
        if token in mask_secrets(text) or "***" not in mask_secrets(text):
            yield f"is not masked: {mask_secrets(text)}"

    rows = [(token, around) for token in TOKENS for around in AROUND]
    check_rows(rows, check, lambda row: row[1].format(row[0]))


def test_harmless_texts_are_not():
    def check(text: str) -> Iterator[str]:
        if looks_secret(text) or mask_secrets(text) != text:
            yield f"is taken for a secret: {mask_secrets(text)}"

    check_rows(HARMLESS, check)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("engine: {env: {HF_TOKEN: x}}", ["engine.env.HF_TOKEN"]),
        ("engine: {env: {hf_token: x}}", ["engine.env.hf_token"]),
        ("env: {OPENAI_API_KEY: x, APIKEY: y}", ["env.OPENAI_API_KEY", "env.APIKEY"]),
        ("env: {DB_PASSWORD: 1, SSH_PRIVATE_KEY: 1.5}", ["env.DB_PASSWORD", "env.SSH_PRIVATE_KEY"]),
        ("env: {A_SECRET: {expand: x}}", ["env.A_SECRET.expand"]),
        ("env: {A_SECRET: {expand: $(OTHER)}}", []),
        ("env: {A_SECRET: {expand: $(OTHER)x}}", ["env.A_SECRET.expand"]),
        ("env: {A_SECRET: {valueFrom: {secretKeyRef: {name: a, key: b}}}}", []),
        ("env: {A_SECRET: '', B_TOKEN: true}", []),
        ("env: {MAX_TOKEN: 5, EOS_TOKEN: x, NUM_TOKEN: 1, TOKENIZERS_PARALLELISM: x}", []),
        ("env: {ADMIN_TOKEN: x, NGC_TOKEN: y, MAX_NEW_TOKEN: 5}",
         ["env.ADMIN_TOKEN", "env.NGC_TOKEN"]),
        ("tokenSecret: {name: hf, key: token}", []),
        ("metadata: {password: x, apiKey: y, passwordFromEnv: P}", ["metadata.password",
         "metadata.apiKey"]),
        ("labels: {token: x}", []),
        (f"{TOKENS[0]}: 1", ["***"]),
        (f"list: [a, {TOKENS[1]}]", ["list[1]"]),
    ],
)  # fmt: skip
def test_places_of_secrets(text, paths):
    problems = check_secrets(parse_yaml(text, "f"))
    assert [mask_secrets(each.path) for each in problems] == paths


@pytest.mark.parametrize(
    "text", ["-eyJaaaaaaaa" * 60_000, "://a:b" * 100_000, "-----BEGIN A" * 60_000, "hf_" * 200_000]
)
def test_a_megabyte_that_almost_holds_a_token_is_read_in_one_go(text):
    assert mask_secrets(text) == text


def test_a_name_is_judged_by_its_end():
    assert names_secret("N" * 1_000_000 + "SECRET")
    assert not names_secret("SECRET" + "N" * 1_000_000)
    assert names_secret("A" * 200 + "_TOKEN")
    assert not names_secret("MAX_NEW_" + "A" * 200 + "TOKEN")
