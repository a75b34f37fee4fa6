"""Credentials in texts: none is shown, in whatever form; what is none stays readable; and it takes no time."""

from __future__ import annotations

import time

import pytest

from promspec.runtime.secrets_in_text import without_secrets
from promspec.runtime.sensitive import Sensitive
from promspec.vocabulary.logging import names_a_secret

HIDDEN = "[SANITIZED]"
S = "hunter2Zq"
PEM = "-----BEGIN RSA PRIVATE KEY-----"


def _shown(text: str) -> str:
    return without_secrets(text, Sensitive(["iban"]))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        # URLs
        ("postgres://ada:hunter2Zq@db/x", "postgres://[SANITIZED]@db/x"),
        ("postgres://ada:hun/hunter2Zq@db/x", "postgres://[SANITIZED]@db/x"),
        ("redis://:hunter2Zq@h and https://a:b@hunter2Zq@h/x", "redis://[SANITIZED]@h and https://[SANITIZED]@h/x"),
        ("ssh://git:hunter2Zq@github.com/a", "ssh://[SANITIZED]@github.com/a"),
        ("/?a=1&access%5Ftoken=hunter2Zq&b=2", "/?a=1&access%5Ftoken=[SANITIZED]&b=2"),
        ("?user[password]=hunter2Zq", "?user[password]=[SANITIZED]"),
        ("?user%5Bpassword%5D=hunter2Zq", "?user%5Bpassword%5D=[SANITIZED]"),
        ("?next=https%3A%2F%2Fi%3Ftoken%3Dhunter2Zq%26a%3D1", "?next=https%3A%2F%2Fi%3Ftoken%3D[SANITIZED]%26a%3D1"),
        ("?next=https%3A%2F%2Fada%3Ahunter2Zq%40h%2F", "?next=https%3A%2F%2F[SANITIZED]%40h%2F"),
        ("https://h/?X-Amz-Signature=hunter2Zq&sig=hunter2Zq", "https://h/?X-Amz-Signature=[SANITIZED]&sig=[SANITIZED]"),
        # Headers
        ("Authorization: Basic hunter2Zq", "Authorization: [SANITIZED]"),
        ("Set-Cookie: sid=hunter2Zq; Path=/; HttpOnly", "Set-Cookie: [SANITIZED]"),
        ("X-Api-Key: hunter2Zq", "X-Api-Key: [SANITIZED]"),
        ("Bearer%20hunter2Zq", "Bearer%20[SANITIZED]"),
        ("BEARER\thunter2Zq", "BEARER\t[SANITIZED]"),
        ("Basic YWRhOmh1bnRlcjI=", "Basic [SANITIZED]"),
        ("[(b'x-api-key', b'hunter2Zq')]", "[(b'x-api-key', b'[SANITIZED]')]"),
        ("[(b'cookie', b'session=hunter2Zq')]", "[(b'cookie', b'[SANITIZED]')]"),
        # What Python prints
        ("dict_items([('password', 'hunter2Zq')])", "dict_items([('password', '[SANITIZED]')])"),
        ("ValueError('failed', 'password', 'hunter2Zq')", "ValueError('failed', 'password', '[SANITIZED]')"),
        ("['token', 'hunter2Zq']", "['token', '[SANITIZED]']"),
        ("Login(user='a', password='hunter2Zq')", "Login(user='a', password='[SANITIZED]')"),
        ("{'a': 1, 'api_key': b'hunter2Zq'}", "{'a': 1, 'api_key': b'[SANITIZED]'}"),
        # Command lines
        ("mysql --password hunter2Zq db", "mysql --password [SANITIZED] db"),
        ("tool --api-key \"hunter2Zq\" -x", "tool --api-key \"[SANITIZED]\" -x"),
        ("Command '['my', '--password', 'hunter2Zq', 'db']'", "Command '['my', '--password', '[SANITIZED]', 'db']'"),
        ("PGPASSWORD=hunter2Zq psql", "PGPASSWORD=[SANITIZED] psql"),
        ("Server=h;User Id=sa;Password=hunter2Zq;", "Server=h;User Id=sa;Password=[SANITIZED];"),
        # Files
        ("password: |\n  hunter2Zq\n  hunter2Zq\nnext: 1", "password: [SANITIZED]next: 1"),
        ("<password a='b'>hunter2Zq</password><b>1</b>", "<password a='b'>[SANITIZED]</password><b>1</b>"),
        ("password -> hunter2Zq", "password -> [SANITIZED]"),
        (f"{PEM}hunter2Zq\nx\n-----END RSA PRIVATE KEY----- x", f"{PEM}[SANITIZED] x"),
        (f"{PEM}hunter2Zq", f"{PEM}[SANITIZED]"),
        # Tokens that tell what they are
        ("got eyJhbGciOiJI.eyJzdWIiOiIx.hunter2Zq-_x here", "got [SANITIZED] here"),
        ("ghp_hunter2Zqhunter2Zqhunter2Zq", HIDDEN),
        ("with sk-proj-hunter2Zqhunter2Zq", f"with {HIDDEN}"),
    ],
)  # fmt: skip
def test_a_credential_is_not_shown(given: str, shown: str) -> None:
    assert _shown(given) == shown
    assert S not in shown


@pytest.mark.parametrize(
    "text",
    [
        *("monkey=3", "keyboard: qwerty", "tokenizer_count=5", "max_tokens=4096", "prompt_tokens: 12", "token_count=3"),
        *(
            "KeyError: 'worker'",
            "the bearer of bad news",
            "invalid bearer token",
            "basic auth required",
            "a Basic Plan",
        ),
        *("digest mismatch for a.txt", "negotiate the price", "passed: 5", "bypass=1", "author: ada", "secretary: ada"),
        *("http://host:80/a@b", "mailto:ada@example.com", "hotkey: ctrl", "at 12:30:10", "('keyboard', 'x')"),
        *("--verbose yes", "--token-count 5", "git@github.com:a/b.git", "ssh://git@github.com/a", "the token expired"),
        *("['id', 'password', 'email']", "password_length=8", "<b>1</b>", "tokens_per_second=3", "a - b -> c"),
    ],
)
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert _shown(text) == text


FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in "PASSWORD")
SENSITIVE = [
    *("key", "apiKey", "API_KEY", "api-key", "X-Api-Key", "userApiKey2", "ssh.key", "PRIVATEKEY", "sshKeys"),
    *("access_token", "tokens", "refreshToken", "token2", "used_token", "Set-Cookie", "cookies", "Proxy-Authorization"),
    *("auth", "db_pass", "pwd", "db_pw", "passphrase", "credentials", "password_hash", "monkey_password", "iban"),
    *("tokenizer_secret", "max_api_key", FULL_WIDTH, "pass_word", "p-a-s-s-w-o-r-d", "user[password]", "userIBAN"),
    *("jwt", "otp", "x" * 201),
]
HARMLESS = [
    *("monkey", "monkeys", "keyboard", "keynote", "monkeypatch", "tokenizer", "tokenizer_count", "token_count"),
    *("hotkeys", "max_tokens", "maxTokens", "prompt_tokens", "total_tokens", "tokensPerSecond", "password_length"),
    *("secretary", "turkey", "author", "passenger", "bypass", "compass", "authored_by", "worker_id", "", "7", "__"),
]


@pytest.mark.parametrize("key", SENSITIVE)
def test_a_key_of_a_secret_is_sensitive(key: str) -> None:
    assert Sensitive(["iban"])(key)
    assert names_a_secret(key, ["iban"])


@pytest.mark.parametrize("key", HARMLESS)
def test_a_key_that_only_looks_like_one_is_not(key: str) -> None:
    assert not Sensitive(["iban"])(key)
    assert not names_a_secret(key, ["iban"])


def test_a_word_of_the_spec_is_hidden_even_if_it_is_harmless_elsewhere() -> None:
    assert Sensitive(["monkey", "token_count"])("my_monkey")
    assert Sensitive(["monkey", "token_count"])("tokenCount")


@pytest.mark.parametrize(
    "part",
    [
        *("a", "a=", "token=", '"', "://", "bearer ", "\\", "://a:", "eyJaaaaa-", "<a ", "<password>", "--password "),
        *("'token', ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "%3A%2F%2F", "%3Ftoken%3D", "basic aaaa", "-"),
        *("password: |\n ", "sk-"),
    ],
)
def test_a_hostile_text_takes_no_time(part: str) -> None:
    text = (part * 20_000)[:20_000]
    start = time.thread_time()
    without_secrets(text, Sensitive())
    assert time.thread_time() - start < 0.5
