"""Settings: read from the environment, refused with a clear message when they make no sense."""

from __future__ import annotations

import dataclasses

import pytest

from output.snakepit.instrumentation import code_of
from service.snakepit.errors import ConfigurationError
from service.snakepit.settings import PoolSettings, Settings, variables


def test_nothing_set_means_one_pool_on_loopback() -> None:
    settings = Settings.from_env({"PATH": "/bin"})
    assert (settings.host, settings.port, settings.log_level) == ("127.0.0.1", 8100, "info")
    assert settings.pools == (PoolSettings(),)


def test_every_variable_is_read() -> None:
    settings = Settings.from_env(
        {
            "SNAKEPIT_POOLS": "web=4, batch=1",
            "SNAKEPIT_PORT": "9000",
            "SNAKEPIT_LOG_LEVEL": "DEBUG",
            "SNAKEPIT_QUEUE_SIZE": "7",
            "SNAKEPIT_TIMEOUT": "2.5",
            "SNAKEPIT_MEMORY_MB": "512",
        }
    )
    web, batch = settings.pools
    assert (web.name, web.size, batch.name, batch.size) == ("web", 4, "batch", 1)
    assert (web.queue_size, web.timeout, web.memory_mb, web.log_level) == (7, 2.5, 512, "debug")
    assert settings.port == 9000
    assert Settings.from_env({"SNAKEPIT_POOL_SIZE": "3"}).pools[0].size == 3


def test_what_kubernetes_sets_beside_a_service_of_the_name_is_not_ours() -> None:
    links = {
        "SNAKEPIT_PORT": "tcp://10.0.0.1:8100",
        "SNAKEPIT_SERVICE_HOST": "10.0.0.1",
        "SNAKEPIT_SERVICE_PORT": "8100",
        "SNAKEPIT_SERVICE_PORT_HTTP": "8100",
        "SNAKEPIT_PORT_8100_TCP": "tcp://10.0.0.1:8100",
        "SNAKEPIT_PORT_8100_TCP_PORT": "8100",
    }
    assert Settings.from_env(links) == Settings()


def test_the_help_names_every_variable() -> None:
    told = {line.split()[0]: line.split()[1] for line in variables().splitlines()}
    for variable, default in told.items():
        if variable not in ("SNAKEPIT_POOLS", "SNAKEPIT_COMMANDS", "SNAKEPIT_ADMIN_TOKEN"):
            assert Settings.from_env({variable: default}) == Settings()
    with pytest.raises(ConfigurationError):
        Settings.from_env({"SNAKEPIT_SIZE": "2"})
    assert len(told) == 5 + len(dataclasses.fields(PoolSettings)) - 3


def test_a_token_is_not_shown() -> None:
    settings = Settings.from_env({"SNAKEPIT_ADMIN_TOKEN": "correct horse"})
    assert settings.admin_token == "correct horse"
    assert "correct horse" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SNAKEPIT_POOLS": "web=many"}, "SNAKEPIT_POOLS=many: give a number"),
        ({"SNAKEPIT_POOLS": "web=1,web=2"}, "two pools have one name"),
        ({"SNAKEPIT_POOLS": "=2"}, "a pool needs a name"),
        ({"SNAKEPIT_POOL_SIZE": "0"}, "size=0: give a positive number"),
        ({"SNAKEPIT_PORT": "70000"}, "SNAKEPIT_PORT=70000: give 0 to 65535"),
        ({"SNAKEPIT_LOG_LEVEL": "loud"}, "SNAKEPIT_LOG_LEVEL=loud: give one of debug, info, warning, error"),
        ({"SNAKEPIT_TIMEOUT": "soon"}, "SNAKEPIT_TIMEOUT=soon: give a number"),
        ({"SNAKEPIT_TIMEOUT": "nan"}, "timeout=nan: give a positive number"),
        ({"SNAKEPIT_RECYCLE_AFTER": "-1"}, "recycle_after=-1: give a positive number"),
        ({"SNAKEPIT_COLOUR": "green"}, "SNAKEPIT_COLOUR: there is no such setting"),
        ({"SNAKEPIT_HEARTBEAT_TIMEOUT": "0.5"}, "give more than two intervals of 0.5 s"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(given: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env(given)
    assert said in str(caught.value)
    assert str(code_of(caught.value)) == "configuration_error"
