"""Checks out repositories at a revision: cached, shared between processes, never incomplete.

    caches/git/NAME-KEY/mirror.git        every branch and tag of one address, without a work tree
    caches/git/NAME-KEY/trees/COMMIT      its files at one commit, read-only
    caches/git/NAME-KEY.lock              held while either is made

A user's own directory is read in place. Everything else is made under a scratch name and renamed, so whatever has its
final name is complete. Knows git, and nothing of Lean.
"""

import difflib
import errno
import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from filelock import FileLock

from prover.errors import CheckoutFailed, GitMissing, NoNetwork, NoSuchRevision
from prover.progress import Notify
from prover.project.git import FETCH_TIMEOUT_S, FULL, GitResult, disk_full, git, reached
from prover.project.location import Location, on_this_computer

UNFINISHED = "unfinished-"
REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
COMMIT = re.compile(r"[0-9a-f]{40}")
ABBREVIATED = re.compile(r"[0-9a-f]{7,40}")
MAX_SIMILAR_NAMES = 4
"""The number of similar names in the message about an unknown revision."""


@dataclass(frozen=True)
class Checkout:
    """A directory to read a repository from."""

    root: Path
    location: Location
    """The requested location."""
    commit: str | None
    """The 40 hexadecimal digits of its commit; None for a directory without git or without a commit."""
    dirty: bool
    """Whether files differ from that commit, or are neither tracked nor ignored."""
    cached: bool
    """Whether it is shared and read-only; otherwise it is the user's own directory."""

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.location.name

    def describe(self) -> str:
        """Returns its location, commit and state in one line."""
        at = f" at {self.commit[:12]}" if self.commit else ""
        return f"{self.location.canonical}{at}{' (with changes)' if self.dirty else ''}"


@dataclass(frozen=True)
class Checkouts:
    """The checkouts of one cache."""

    directory: Path
    """The directory of the cache; created when first needed."""
    notify: Notify = field(default=lambda _: None)
    """Receives remarks about fetching."""

    def get(self, location: Location, refresh: bool = False) -> Checkout:
        """Returns a directory with the repository at the requested revision.

        A branch is fetched from its origin each time, and taken from the cache if the origin cannot be reached. A
        cached tag or commit is not fetched again.

        Args:
            refresh: whether a tag is fetched again too.

        Raises:
            CheckoutFailed: There is no such repository, git cannot fetch it, or the disk is full.
            NoNetwork: Its host does not answer, and the revision is not cached.
            NoSuchRevision: It has no such branch, tag or commit.
            GitMissing: Git is not installed, and the location is not a plain directory.
        """
        if isinstance(location.address, Path) and not location.address.is_dir():
            raise CheckoutFailed(f"There is no directory {location.address}: check the path.")
        if isinstance(location.address, Path) and location.revision is None:
            return _in_place(location, location.address, self.notify)
        try:
            return self._revision(location, refresh)
        except OSError as error:
            raise _refused(error, self.directory) from error

    def _revision(self, location: Location, refresh: bool) -> Checkout:
        entry, below = self._entry(location)
        commit = entry.commit(location, refresh)
        tree = entry.tree(commit)
        if not (tree / below).is_dir() or not (tree / below).resolve().is_relative_to(tree.resolve()):
            raise CheckoutFailed(f"{location.whole} has no directory {below}: check the path and the revision.")
        return Checkout((tree / below).resolve(), location, commit, dirty=False, cached=True)

    def _entry(self, location: Location) -> tuple["_Entry", Path]:
        """Returns the cache of an address, and the path of the requested directory in the repository."""
        if isinstance(location.address, str) or not location.address.is_dir():
            entry = _Entry(self.directory / _key(location), location.address, self.notify)
            return entry, Path(location.below)
        top = _top(location.address)
        entry = _Entry(self.directory / _key(Location(top)), top, self.notify)
        return entry, location.address.relative_to(top) / location.below

    def place(self, location: Location) -> Path:
        """Returns where the cache keeps a repository, whether it is cached or not."""
        try:
            return self._entry(location)[0].root
        except CheckoutFailed:  # a directory that is in no git repository
            return self.directory / _key(location)

    def cached(self, location: Location, commit: str) -> Path | None:
        """Returns the directory of a repository at a commit if it is cached. Uses no network."""
        try:
            entry, below = self._entry(location)
        except CheckoutFailed:
            return None
        tree = entry.cached(commit) / below
        return tree if tree.is_dir() else None

    def remove(self, location: Location, keep: frozenset[str] = frozenset()) -> frozenset[str]:
        """Deletes the cached commits of a repository except those to keep; returns the deleted ones.

        The caller ensures that no process reads them.
        """
        return _Entry(self.place(location), location.address, self.notify).remove(keep)


@dataclass(frozen=True)
class _Entry:
    """The cache of one address."""

    root: Path
    address: str | Path
    notify: Notify

    @property
    def mirror(self) -> Path:
        """The bare repository with all branches and tags."""
        return self.root / "mirror.git"

    # --- commits ---

    def commit(self, location: Location, refresh: bool) -> str:
        """Returns the commit of a revision."""
        revision = location.revision
        if isinstance(self.address, Path) and revision is not None:
            return self._own(location, revision)
        if revision is not None and not refresh and (known := self._settled(revision)):
            return known
        if revision is not None and (known := self._alone(revision)):
            return known
        try:
            head = self._update(revision)
        except NoNetwork as error:
            known = self._resolve(revision or "HEAD")
            if known is None:
                raise
            self.notify(f"{error} The cached {location} is used instead.")
            return known
        found = self._resolve(revision or head) or self._unadvertised(revision or head)
        if found is None:
            raise self._unknown(location)
        return found

    def _own(self, location: Location, revision: str) -> str:
        """Returns the commit of a revision of a local repository, which may be any revision expression of git."""
        assert isinstance(self.address, Path)
        result = git("rev-parse", "--verify", f"{revision}^{{commit}}", directory=self.address)
        if not result.ok:
            raise self._unknown(location, git("for-each-ref", "--format=%(refname)", directory=self.address))
        commit = result.out.strip()
        if not self.cached(commit).is_dir() and self._resolve(commit) is None:
            self._update(commit)
            if self._resolve(commit) is None and self._unadvertised(commit) is None:
                raise CheckoutFailed(f"git cannot copy {revision} from {self.address}: check it with `git fsck`.")
        return commit

    def _settled(self, revision: str) -> str | None:
        """Returns a cached commit if the revision cannot change: a commit, its abbreviation, or a tag."""
        if COMMIT.fullmatch(revision) and self.cached(revision).is_dir():
            return revision
        if self._ref(f"refs/heads/{revision}") is not None:
            return None
        if ABBREVIATED.fullmatch(revision) and (known := self._ref(revision)) and known.startswith(revision):
            return known
        return self._ref(f"refs/tags/{revision}")

    def _resolve(self, revision: str) -> str | None:
        """Returns the commit of a revision in the mirror, branches first."""
        for form in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision, _separate_ref(revision)):
            if known := self._ref(form):
                return known
        return None

    def _ref(self, name: str) -> str | None:
        if not self.mirror.is_dir():
            return None
        result = self._in_mirror("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
        return result.out.strip() if result.ok else None

    def _in_mirror(self, *words: str, seconds: float = FETCH_TIMEOUT_S) -> GitResult:
        return git("--git-dir", self.mirror, *words, seconds=seconds)

    def _alone(self, revision: str) -> str | None:
        """Fetches a full commit without any history, as packages are pinned; None if that is not possible."""
        if not COMMIT.fullmatch(revision):
            return None
        with self._locked():
            if (known := self._ref(revision)) is not None:
                return known
            if self.mirror.is_dir():
                return self._ref(_separate_ref(revision)) if self._fetch_only(self.mirror, revision).ok else None
            self.notify(f"fetching {Location(self.address)}")
            with self._staged() as stage:
                self._in_order(["init", "--quiet", "--bare", stage / "made"])
                if not self._fetch_only(stage / "made", revision).ok:
                    return None
                (stage / "made").rename(self.mirror)
        return self._ref(_separate_ref(revision))

    def _unadvertised(self, revision: str) -> str | None:
        """Fetches a commit that no branch or tag contains, such as one in a manifest, or a full reference."""
        if not (COMMIT.fullmatch(revision) or revision.startswith("refs/")):
            return None
        with self._locked():
            result = self._in_mirror(
                "fetch", "--no-tags", "--", str(self.address), f"+{revision}:{_separate_ref(revision)}"
            )
        return self._ref(_separate_ref(revision)) if result.ok else None

    def _unknown(self, location: Location, result: GitResult | None = None) -> NoSuchRevision:
        if result is None:
            result = self._in_mirror("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags")
        names = [re.sub(r"^refs/(heads|tags|remotes)/", "", ref) for ref in result.out.split()]
        wanted = location.revision or "HEAD"
        similar = difflib.get_close_matches(wanted, dict.fromkeys(names), MAX_SIMILAR_NAMES, 0.3)
        similar = similar or names[:MAX_SIMILAR_NAMES]
        hint = f"similar ones are {', '.join(similar)}" if similar else "it has no branches or tags"
        return NoSuchRevision(f"{location.whole.canonical} has no branch, tag or commit {wanted}: {hint}.")

    # --- the mirror ---

    def _update(self, wanted: str | None) -> str:
        """Updates the mirror from its origin; returns the default branch."""
        head = self._default_branch()
        with self._locked():
            if self.mirror.is_dir() and self._fetch_into(self.mirror, wanted, head).ok:
                return head
            self.notify(f"fetching {Location(self.address)}")
            with self._staged() as stage:  # the first time, or when the present mirror is damaged
                self._in_order(["init", "--quiet", "--bare", stage / "made"])
                if not (result := self._fetch_into(stage / "made", wanted, head)).ok:
                    raise _failed(result, self.root)
                shutil.rmtree(self.mirror, ignore_errors=True)
                (stage / "made").rename(self.mirror)
        return head

    def _default_branch(self) -> str:
        """Returns the default branch according to the origin; also checks that the origin exists."""
        result = reached(self.address, ("ls-remote", "--symref", "--", self.address, "HEAD"))
        if not result.ok:
            raise CheckoutFailed(f"git cannot read {Location(self.address)} ({result.last_words}): check it.")
        match = re.search(r"^ref: refs/heads/(\S+)\s+HEAD$", result.out, re.M)
        if match:
            return match[1]
        detached = re.search(r"^([0-9a-f]{40})\s+HEAD$", result.out, re.M)
        return detached[1] if detached else "HEAD"

    def _fetch_into(self, mirror: Path, wanted: str | None, head: str) -> GitResult:
        """Fetches everything, or only the wanted revision if the origin is damaged."""
        whole = self._fetch(mirror, head)
        if whole.ok:
            return whole
        part = self._fetch_only(mirror, wanted or head)
        return part if part.ok else whole

    def _fetch(self, mirror: Path, head: str) -> GitResult:
        words: list[str | Path] = ["--git-dir", mirror, "fetch", "--quiet", "--update-shallow", "--no-tags"]
        result = reached(
            self.address, [*words, "--prune", "--force", "--", self.address, *REFS], FETCH_TIMEOUT_S, self.root
        )
        if result.ok:
            git("--git-dir", mirror, "symbolic-ref", "HEAD", f"refs/heads/{head}")
        return result

    def _fetch_only(self, mirror: Path, revision: str) -> GitResult:
        words: list[str | Path] = ["--git-dir", mirror, "fetch", "--quiet", "--depth=1", "--no-tags", "--"]
        return reached(
            self.address, [*words, self.address, f"+{revision}:{_separate_ref(revision)}"], FETCH_TIMEOUT_S, self.root
        )

    # --- work trees ---

    def cached(self, commit: str) -> Path:
        """Returns the directory of the files of a commit, which need not exist."""
        return self.root / "trees" / commit

    def tree(self, commit: str) -> Path:
        """Returns the directory of the files of a commit; checks it out first if necessary."""
        tree = self.cached(commit)
        if tree.is_dir():
            return tree
        with self._locked():
            if not tree.is_dir():
                with self._staged() as stage:
                    self._fill(stage / "made", commit)
                    tree.parent.mkdir(exist_ok=True)
                    (stage / "made").rename(tree)
        return tree

    def _fill(self, place: Path, commit: str) -> None:
        """Makes a repository, with submodules if it has any, that shares the objects of the mirror."""
        self._in_order(
            ["init", "--quiet", place],
            ["-C", place, "remote", "add", "origin", Location(self.address).canonical],
        )
        (place / ".git" / "objects" / "info" / "alternates").write_text(f"{self.mirror.resolve()}/objects\n")
        if (shallow := self.mirror / "shallow").is_file():
            shutil.copy(shallow, place / ".git")
        self._in_order(["-C", place, "checkout", "--quiet", "--detach", commit])
        if (place / ".gitmodules").is_file():
            self._submodules(place)

    def _in_order(self, *commands: Sequence[str | Path]) -> None:
        for words in commands:
            if not (result := git(*words, seconds=FETCH_TIMEOUT_S)).ok:
                raise _failed(result, self.root)

    def _submodules(self, place: Path) -> None:
        """Fetches submodules. A repository is usable without them, so a failure is only a remark."""
        local = on_this_computer(self.address)
        try:
            words = ("submodule", "update", "--init", "--recursive", "--quiet")
            result = git(*words, directory=place, seconds=FETCH_TIMEOUT_S, local_modules=local)
        except TimeoutError as error:
            result = GitResult(1, "", str(error))
        if FULL.search(result.err):
            raise disk_full(self.root)
        if not result.ok:
            self.notify(f"{Location(self.address)}: its submodules are incomplete ({result.last_words})")

    # --- care ---

    def commits(self) -> frozenset[str]:
        trees = self.root / "trees"
        return frozenset(tree.name for tree in trees.iterdir()) if trees.is_dir() else frozenset()

    def remove(self, keep: frozenset[str]) -> frozenset[str]:
        if not self.root.is_dir():
            return frozenset()
        with self._locked():
            deleted = self.commits() - keep
            with self._staged() as stage:
                for commit in deleted:
                    self.cached(commit).rename(stage / commit)
            if not keep:
                shutil.rmtree(self.root, ignore_errors=True)
        return deleted

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the lock on this address; the operating system releases it when the holder dies."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root.with_name(self.root.name + ".lock")):
            self.root.mkdir(exist_ok=True)  # the last holder may have deleted it
            yield

    @contextmanager
    def _staged(self) -> Iterator[Path]:
        """Yields a scratch directory; also deletes those that killed processes left."""
        for unfinished in self.root.glob(UNFINISHED + "*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        stage = Path(mkdtemp(prefix=UNFINISHED, dir=self.root))
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _in_place(location: Location, directory: Path, notify: Notify) -> Checkout:
    """Returns the user's own directory. It has no commit without git or if git refuses to read it."""
    try:
        head = git("rev-parse", "--verify", "--quiet", "HEAD", directory=directory)
        if "dubious ownership" in head.err:
            notify(f"git does not read {directory}, which belongs to another user: its commit is unknown")
        if not head.ok:
            return Checkout(directory, location, None, dirty=False, cached=False)
        status = git("status", "--porcelain", "--untracked-files=normal", "--", ".", directory=directory)
    except GitMissing:
        return Checkout(directory, location, None, dirty=False, cached=False)
    return Checkout(directory, location, head.out.strip(), dirty=bool(status.out.strip()), cached=False)


def _separate_ref(revision: str) -> str:
    """Returns the reference in the mirror for a revision that is fetched separately."""
    return f"refs/prover/{revision.removeprefix('refs/')}"


def _top(directory: Path) -> Path:
    """Returns the root of the git repository that contains a directory."""
    result = git("rev-parse", "--show-toplevel", directory=directory)
    if result.ok:
        return Path(result.out.strip()).resolve()
    if not git("rev-parse", "--resolve-git-dir", ".", directory=directory).ok:
        raise CheckoutFailed(f"{directory} has no revisions ({result.last_words}): name it without `@`.")
    return directory


def _key(location: Location) -> str:
    """Returns a readable directory name for an address, unique for each repository."""
    whole = location.whole
    same = whole.canonical if on_this_computer(whole.address) else whole.canonical.removesuffix(".git")
    digest = hashlib.sha256(same.encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', whole.name)[:40]}-{digest}"


def _failed(result: GitResult, place: Path) -> CheckoutFailed:
    if FULL.search(result.err):
        return disk_full(place)
    return CheckoutFailed(f"git cannot make a checkout in {place} ({result.last_words}): fix that and start again.")


def _refused(error: OSError, place: Path) -> CheckoutFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(place)
    return CheckoutFailed(f"{error.filename or place} cannot be used ({error.strerror or error}): fix that first.")
