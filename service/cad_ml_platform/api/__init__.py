"""The HTTP surface: one router for each concern; `platform_of` gives a route the platform it serves."""

from __future__ import annotations

import secrets
from typing import Annotated, cast

from fastapi import Depends, Request

from service.cad_ml_platform.errors import InputRejected
from service.cad_ml_platform.platform import Platform


def platform_of(request: Request) -> Platform:
    """The platform behind the application."""
    return cast(Platform, request.app.state.platform)


ThePlatform = Annotated[Platform, Depends(platform_of)]


def admin(request: Request) -> None:
    """Let only administrators through. Raises `InputRejected`, 403; without a configured token, always."""
    token = platform_of(request).settings.admin_token
    given = request.headers.get("x-admin-token", "")
    if not token:
        raise InputRejected("forbidden", "there is no ADMIN_TOKEN, so that nobody is an administrator", 403)
    if not secrets.compare_digest(token.encode(), given.encode()):
        raise InputRejected("forbidden", "X-Admin-Token is not the administrator's", 403)
