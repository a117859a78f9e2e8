"""Policies by name: the one that comes with this program, those that were trained here, and files."""

import hashlib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from prover.app.environment import home
from prover.errors import NotWritable, UsageError
from prover.progress import Notify
from retrieval.files import write_atomically

if TYPE_CHECKING:
    from prover.tactics.policy.model import PolicyModel
    from prover.tactics.policy.policy import NamedPolicy

NO_POLICY = "none"
DEFAULT_POLICY = "default"
SUFFIX = ".npz"


def policy_named(name: str, notify: Notify) -> "NamedPolicy | None":
    """Returns a policy; in place of one that cannot be used the default, after a message.

    Args:
        name: `default`, `none`, the name of a policy that was trained here, or the path of a file.

    Raises:
        UsageError: there is no policy of that name.
    """
    if name == NO_POLICY:
        return None
    if name == DEFAULT_POLICY:
        return _default(notify)
    file = policy_file(name)
    if not file.is_file():
        raise UsageError(
            f"There is no policy {name}: train one with `prover train policy --name {name}`, or say default or none."
        )
    return _read(name, file.read_bytes(), notify) or _default(notify)


def _default(notify: Notify) -> "NamedPolicy | None":
    """Returns the policy that comes with this program; None, after a message, if there is none."""
    file = resources.files("prover.tactics.policy") / f"default{SUFFIX}"
    if file.is_file():
        return _read(DEFAULT_POLICY, file.read_bytes(), notify)
    notify("this program comes without a policy: the generators' own order is used")
    return None


def _read(name: str, content: bytes, notify: Notify) -> "NamedPolicy | None":
    from prover.tactics.policy.model import PolicyRefused, policy_of
    from prover.tactics.policy.policy import NamedPolicy

    try:
        return NamedPolicy(name, policy_of(content), hashlib.sha256(content).hexdigest()[:12])
    except PolicyRefused as refused:
        instead = "the generators' own order" if name == DEFAULT_POLICY else "the default"
        notify(f"the policy {name} is not used: {refused}; {instead} is")
        return None


def policy_file(name: str) -> Path:
    """Returns the file of a policy that is named, or given by its path."""
    if name.endswith(SUFFIX) or "/" in name:
        return Path(name).expanduser()
    return home().root / "policies" / f"{name}{SUFFIX}"


def save_policy(model: "PolicyModel", file: Path) -> int:
    """Writes a policy, whole or not at all, and returns the size of its file in bytes.

    Raises:
        NotWritable: the file cannot be written.
    """
    content = model.stored()
    try:
        write_atomically(file, content)
    except OSError as error:
        raise NotWritable(f"{file} cannot be written ({error.strerror}): choose another place.") from None
    return len(content)
