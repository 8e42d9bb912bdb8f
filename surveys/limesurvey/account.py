"""Where LimeSurvey is and who asks: `LIMESURVEY_URL`, `LIMESURVEY_USER` and `LIMESURVEY_PASSWORD`.

They come from the environment, else from the workspace's `.env`. The password stays out of every text this object can
become; nothing here opens a connection.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from theory_of_change.problems import Place, Problem, ProblemsFound
from theory_of_change.programme import Workspace

URL, USER, PASSWORD = "LIMESURVEY_URL", "LIMESURVEY_USER", "LIMESURVEY_PASSWORD"
#: Where LimeSurvey answers below the address people know it by.
_PATH = "index.php/admin/remotecontrol"
PLACE = Place(".env")


@dataclass(frozen=True)
class Account:
    """One account on one server. `url` may hold a proxy's own user and password, `address` never does."""

    url: str = field(repr=False)
    user: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def address(self) -> str:
        """The address as it may be shown: without user, password and query."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, _host(parts.netloc), parts.path, "", ""))

    @property
    def is_in_clear(self) -> bool:
        """True where the password would cross a network unencrypted."""
        parts = urlsplit(self.url)
        return parts.scheme == "http" and not _is_this_machine(parts.hostname or "")


def account_of(workspace: Workspace) -> Account:
    """The account to use. Raises ProblemsFound with everything that is missing, or for an address that is none."""
    given = _given(workspace)
    missing = [name for name in (URL, USER, PASSWORD) if not given[name]]
    if missing:
        raise ProblemsFound([Problem("limesurvey-account-missing", PLACE, {"names": ", ".join(missing)})])
    return Account(_endpoint(given[URL]), given[USER], given[PASSWORD])


def _given(workspace: Workspace) -> dict[str, str]:
    """What the environment says, and for the rest what `.env` says."""
    written: Mapping[str, str | None] = {}
    if workspace.environment.is_file():
        from dotenv import dotenv_values

        try:
            written = dotenv_values(workspace.environment, interpolate=False, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProblemsFound([Problem("environment-unreadable", PLACE)]) from error
    return {name: (os.environ.get(name) or written.get(name) or "").strip() for name in (URL, USER, PASSWORD)}


def _endpoint(url: str) -> str:
    """The address of the interface: the one given, or the one below the site's address."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound:
        raise ProblemsFound([Problem("limesurvey-address", PLACE)])
    if "remotecontrol" in parts.path or "remotecontrol" in parts.query:
        return url
    path = parts.path.removesuffix("/").removesuffix("/admin").removesuffix("/index.php")
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/{_PATH}", "", ""))


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2]


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
