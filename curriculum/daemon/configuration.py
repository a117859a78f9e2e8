"""The daemon's configuration: one TOML file, checked completely at the start. See docs/lifelong.md.

Every setting has a working default; a file contains only what differs from it.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from curriculum.learn.learner import Strategy
from curriculum.lifelong.policy import DEFAULT_ATTEMPT_S, DEFAULT_TACTICS
from prover.errors import UsageError

SECTION = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}\s*(#.*)?")


@dataclass(frozen=True)
class WorkConfig:
    """`[daemon]`: the repositories, and the budget of attempts."""

    repositories: str = ""
    """A file with one URL_OR_PATH[@REV] a line; empty for the repositories of `prover repo add`."""
    poll_minutes: float = 30.0
    """The time between two checks of a repository for new commits, in minutes."""
    batch: int = 8
    """The number of theorems of one repository that are attempted in a row."""
    seconds: float = DEFAULT_ATTEMPT_S
    """Time limit of an attempt, in seconds."""
    tactics: int = DEFAULT_TACTICS
    """Tactics that an attempt may run, on average; promising theorems get more."""
    jobs: int = 2
    """The number of Lean processes."""
    generators: tuple[str, ...] = ("automation", "structure")
    """The generators of tactics that take part, in addition to those of the learners."""
    toolchain: Literal["auto", "native", "embedded"] = "auto"
    patches: str = ""
    """A directory for patches; empty for `patches` in the user's directory."""


@dataclass(frozen=True)
class LimitsConfig:
    """`[limits]`: what is left to other programs, and limits of time. 0 for no limit."""

    free_disk_gb: float = 2.0
    """Free disk space in GB below which nothing is traced, built, proved or trained."""
    free_memory_gb: float = 1.0
    """Free memory in GB below which nothing new is begun."""
    nice: int = 10
    """The niceness of the daemon's processes, from 0 to 19."""
    trace_hours: float = 12.0
    """Hours that a trace may take; the repository is deferred after them."""
    training_hours: float = 12.0
    """Hours that a training may take; the learners stay as they were before after them."""


@dataclass(frozen=True)
class LearningConfig:
    """`[learning]`: what learns from traces and proofs, and how."""

    learners: tuple[str, ...] = ("memory",)
    """The learners by name; empty for none."""
    strategy: Strategy = "progressive"
    """The strategy against forgetting, for learners with weights."""
    order: Literal["easy", "closure", "similar", "predicted", "random"] = "easy"
    """The order in which several new repositories are learned."""
    base: str = "tiny"
    """The base model of the learner `generator`: a preset, a directory, or a name on the hub."""
    learning_rate: float = 0.0
    """The learning rate of the learner `generator`; 0 for the default of its base."""
    epochs: int = 1
    """Epochs over each repository, but for the first of a model that begins with random weights."""
    every_proofs: int = 20
    """New proofs that start a training; a repository that was traced always does."""
    every_minutes: float = 0.0
    """Minutes from the end of a training to the next one, at least."""
    seed: int = 0
    """The seed of everything random."""

    def settings(self) -> dict[str, Any]:
        """Returns what the learners depend on, as a JSON object: with other settings they are trained again."""
        return {
            "strategy": self.strategy,
            "base": self.base,
            "learning_rate": self.learning_rate,
            "epochs": self.epochs,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class ServerConfig:
    """`[server]`: the address of /health and /metrics."""

    host: str = "127.0.0.1"
    port: int = 0
    """The port; 0 for no server."""


@dataclass(frozen=True)
class PublishConfig:
    """`[publish]`: how patches are published; by default they are only written."""

    command: tuple[str, ...] = ()
    """A command that gets the patch's path and the repository as arguments; it may open a pull request."""
    disclosure: str = "This proof was found by a program and checked by Lean; no person has read it yet."
    """A text at the head of every patch; not empty."""


@dataclass(frozen=True)
class ExclusionRule:
    """`[[leave]]`: theorems that are never attempted, such as exercises, or statements known to be false."""

    repository: str
    """The repository's address in any form, or its last part."""
    theorems: tuple[str, ...] = ("*",)
    """Full names of theorems, with * for any part."""
    reason: str = ""

    def is_about(self, location: str) -> bool:
        """Returns whether the rule is about a repository, or about the one that it is a directory of."""
        asked, directory = _apart(self.repository)
        place, below = _apart(location)
        return f"/{place}".endswith(f"/{asked}") and directory in ("", below)


@dataclass(frozen=True)
class DaemonConfig:
    """The whole configuration, by section."""

    daemon: WorkConfig = WorkConfig()
    limits: LimitsConfig = LimitsConfig()
    learning: LearningConfig = LearningConfig()
    server: ServerConfig = ServerConfig()
    publish: PublishConfig = PublishConfig()
    leave: tuple[ExclusionRule, ...] = ()

    def excluded_in(self, location: str) -> tuple[str, ...]:
        """Returns the names of a repository's theorems that are never attempted, with * for any part."""
        return tuple(name for rule in self.leave if rule.is_about(location) for name in rule.theorems)


RANGES: dict[str, tuple[float, float]] = {
    "poll_minutes": (0.01, 60 * 24 * 30),
    "batch": (1, 10_000),
    "seconds": (0.1, 86_400),
    "tactics": (1, 10_000_000),
    "jobs": (1, 64),
    "free_disk_gb": (0, 1e6),
    "free_memory_gb": (0, 1e6),
    "nice": (0, 19),
    "trace_hours": (0, 24 * 365),
    "training_hours": (0, 24 * 365),
    "learning_rate": (0, 1),
    "epochs": (1, 1_000),
    "every_proofs": (1, 1_000_000),
    "every_minutes": (0, 60 * 24 * 30),
    "seed": (-(2**31), 2**31 - 1),
    "port": (0, 65_535),
}


def read_configuration(file: Path) -> DaemonConfig:
    """Reads the configuration in a file.

    Raises:
        UsageError: the file cannot be read, or a setting is unknown or wrong; the message names the line.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise UsageError(f"{file} cannot be read ({reason}): check the path of the configuration.") from None
    try:
        written = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise UsageError(f"{file} is not valid TOML: {error}.") from None
    return _ConfigReader(file, text).configuration(written)


@dataclass(frozen=True)
class _ConfigReader:
    """Checks a parsed TOML file, and makes a configuration of it."""

    file: Path
    text: str
    sections: Mapping[str, type[Any]] = field(
        default_factory=lambda: {
            "daemon": WorkConfig,
            "limits": LimitsConfig,
            "learning": LearningConfig,
            "server": ServerConfig,
            "publish": PublishConfig,
        }
    )

    def configuration(self, written: Mapping[str, Any]) -> DaemonConfig:
        made: dict[str, Any] = {}
        for name, values in written.items():
            if name == "leave" and isinstance(values, list):
                made["leave"] = tuple(self._section("leave", ExclusionRule, each, n) for n, each in enumerate(values))
            elif name in self.sections and isinstance(values, dict):
                made[name] = self._section(name, self.sections[name], values)
            else:
                known = ", ".join([*(f"[{section}]" for section in self.sections), "[[leave]]"])
                raise self._fault(name, None, 0, f"there is no section or setting {name!r} here: write {known}")
        return DaemonConfig(**made)

    def _section(self, name: str, kind: type[Any], values: Mapping[str, Any], number: int = 0) -> Any:
        known = {f.name: f for f in fields(kind)}
        made = {}
        for key, value in values.items():
            if key not in known:
                raise self._fault(name, key, number, f"there is no setting {key!r}: choose from {', '.join(known)}")
            made[key] = self._value(name, key, known[key].type, value, number)
        for key, each in known.items():
            if each.default is MISSING and key not in made:
                raise self._fault(name, None, number, f"{key} is missing")
        return kind(**made)

    def _value(self, section: str, key: str, wanted: Any, given: Any, number: int) -> Any:
        if get_origin(wanted) is Literal and given in get_args(wanted):
            return given
        if wanted == tuple[str, ...] and isinstance(given, list) and all(isinstance(each, str) for each in given):
            return tuple(given)
        if type(given) not in ((int, float) if wanted is float else (wanted,)):
            raise self._fault(section, key, number, f"{key} must be {_kind(wanted)}, and is {given!r}")
        low, high = RANGES.get(key, (0.0, 0.0))
        if key in RANGES and not low <= given <= high:
            raise self._fault(section, key, number, f"{key} must be from {low:g} to {high:g}, and is {given!r}")
        if key == "disclosure" and not given.strip():
            raise self._fault(section, key, number, "disclosure must not be empty: it is the head of every patch")
        return float(given) if wanted is float else given

    def _fault(self, section: str, key: str | None, number: int, why: str) -> UsageError:
        return UsageError(f"{self.file}, line {self._line(section, key, number)}: {why}.")

    def _line(self, section: str, key: str | None, number: int) -> int:
        """Returns the line of a setting, from 1; the line of the section's heading where the setting is not found."""
        heading, seen, inside, top = 0, -1, False, True
        for line, text in enumerate(self.text.splitlines(), 1):
            if match := SECTION.fullmatch(text):
                inside, top = match[1] == section, False
                seen += inside
                if inside and seen == number:
                    heading = line
            elif key and ((inside and seen == number and _sets(text, key)) or (top and _sets(text, section, key))):
                return line
            elif not heading and re.match(rf"\s*\"?{re.escape(section)}\"?\s*[.=]", text):
                heading = line
        return heading or 1


def _sets(line: str, *names: str) -> bool:
    """Returns whether a line sets the key that these names make, with dots between them."""
    dotted = r"\s*\.\s*".join(rf"\"?{re.escape(name)}\"?" for name in names)
    return re.match(rf"\s*{dotted}\s*=", line) is not None


def _apart(address: str) -> tuple[str, str]:
    """Returns an address without its scheme, user and suffix, and the directory in the repository that it names."""
    whole, _, below = address.strip().partition("#")
    place = re.sub(r"^(\w+://)?([^/@]*@)?", "", whole).replace(":", "/")
    return place.rstrip("/").removesuffix(".git"), below.strip("/")


def _kind(wanted: Any) -> str:
    if get_origin(wanted) is Literal:
        return "one of " + ", ".join(f'"{each}"' for each in get_args(wanted))
    return {float: "a number", int: "a whole number", str: "a string"}.get(wanted, "a list of strings")
