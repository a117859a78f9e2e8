"""Repositories at a revision: cached, shared between processes, never half there.

    caches/git/NAME-KEY/mirror.git        every branch and tag of one address, without work tree
    caches/git/NAME-KEY/trees/COMMIT      its files at one commit; not to be written to
    caches/git/NAME-KEY.lock              held while either is made

A user's own directory is read where it is. What is made here is made beside its place and renamed into
it; whatever has a name is finished. Knows git, and nothing of Lean.
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
from prover.project.git import FULL, LONG_S, GitResult, disk_full, git, reached
from prover.project.location import Location, on_this_computer

UNFINISHED = "unfinished-"
REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
COMMIT = re.compile(r"[0-9a-f]{40}")
ABBREVIATED = re.compile(r"[0-9a-f]{7,40}")
NEAREST = 4

"""Told in a line what is going on, or what is not as it should be."""


@dataclass(frozen=True)
class Checkout:
    """A directory to read a repository from."""

    root: Path
    location: Location
    """where it was asked for"""
    commit: str | None
    """the 40 digits of its commit; None for a directory that is in no git repository, or has no commit yet"""
    dirty: bool
    """files differ from that commit, or there are some that git neither has nor ignores"""
    cached: bool
    """it is shared and must not be written to; otherwise the user's own"""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.location.name

    def describe(self) -> str:
        """Where and what it is, in a line."""
        at = f" at {self.commit[:12]}" if self.commit else ""
        return f"{self.location.canonical}{at}{' (with changes)' if self.dirty else ''}"


@dataclass(frozen=True)
class Checkouts:
    """The checkouts of one cache."""

    directory: Path
    """made when first needed"""
    notify: Notify = field(default=lambda _: None)

    def get(self, location: Location, refresh: bool = False) -> Checkout:
        """A directory with the repository as asked for.

        A branch is asked for at its origin each time, and taken from the cache when that cannot be reached;
        a tag or commit that is cached is not asked for again.

        Args:
            refresh: ask also for a tag.

        Raises:
            CheckoutFailed: there is no such repository, git cannot bring it, or the disk is full.
            NoNetwork: its computer does not answer, and the revision is not cached.
            NoSuchRevision: it has no such branch, tag or commit.
            GitMissing: there is no git, and something other than a directory is asked for.
        """
        if isinstance(location.address, Path) and not location.address.is_dir():
            raise CheckoutFailed(f"There is no directory {location.address}: check where it has gone.")
        if isinstance(location.address, Path) and location.revision is None:
            return _as_it_is(location, location.address, self.notify)
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
        """The cache of an address, and where in the repository the asked directory is."""
        if isinstance(location.address, str) or not location.address.is_dir():
            entry = _Entry(self.directory / _key(location), location.address, self.notify)
            return entry, Path(location.below)
        top = _top(location.address)
        entry = _Entry(self.directory / _key(Location(top)), top, self.notify)
        return entry, location.address.relative_to(top)

    def place(self, location: Location) -> Path:
        """Where the cache keeps a repository, or would."""
        try:
            return self._entry(location)[0].root
        except CheckoutFailed:  # a directory that is in no git repository
            return self.directory / _key(location)

    def cached(self, location: Location, commit: str) -> Path | None:
        """The directory of a repository at a commit, if it is in the cache. Asks nobody."""
        try:
            entry, below = self._entry(location)
        except CheckoutFailed:
            return None
        tree = entry.cached(commit) / below
        return tree if tree.is_dir() else None

    def remove(self, location: Location, keep: frozenset[str] = frozenset()) -> frozenset[str]:
        """Deletes what is cached of a repository, except the commits to keep; says which it deleted.

        Nobody may be reading them.
        """
        return _Entry(self.place(location), location.address, self.notify).remove(keep)


@dataclass(frozen=True)
class _Entry:
    """What is cached of one address."""

    root: Path
    address: str | Path
    notify: Notify

    @property
    def mirror(self) -> Path:
        return self.root / "mirror.git"

    # --- commits ---

    def commit(self, location: Location, refresh: bool) -> str:
        """The commit that a revision means."""
        revision = location.revision
        if isinstance(self.address, Path) and revision is not None:
            return self._own(location, revision)
        if revision is not None and not refresh and (known := self._settled(revision)):
            return known
        try:
            head = self._update(revision)
        except NoNetwork as error:
            known = self._resolve(revision or "HEAD")
            if known is None:
                raise
            self.notify(f"{error} The cached {location} is used meanwhile.")
            return known
        found = self._resolve(revision or head) or self._unadvertised(revision or head)
        if found is None:
            raise self._unknown(location)
        return found

    def _own(self, location: Location, revision: str) -> str:
        """In a repository on this computer any expression of git's is a revision."""
        assert isinstance(self.address, Path)
        said = git("rev-parse", "--verify", f"{revision}^{{commit}}", directory=self.address)
        if not said.ok:
            raise self._unknown(location, git("for-each-ref", "--format=%(refname)", directory=self.address))
        commit = said.out.strip()
        if not self.cached(commit).is_dir() and self._resolve(commit) is None:
            self._update(commit)
            if self._resolve(commit) is None and self._unadvertised(commit) is None:
                raise CheckoutFailed(f"git cannot copy {revision} out of {self.address}: check it with `git fsck`.")
        return commit

    def _settled(self, revision: str) -> str | None:
        """A cached commit that the revision will mean for good: its own digits, or a tag's."""
        if COMMIT.fullmatch(revision) and self.cached(revision).is_dir():
            return revision
        if self._ref(f"refs/heads/{revision}") is not None:
            return None
        if ABBREVIATED.fullmatch(revision) and (known := self._ref(revision)) and known.startswith(revision):
            return known
        return self._ref(f"refs/tags/{revision}")

    def _resolve(self, revision: str) -> str | None:
        """The commit that the mirror knows by this name, branches first."""
        for form in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision, _apart(revision)):
            if known := self._ref(form):
                return known
        return None

    def _ref(self, name: str) -> str | None:
        if not self.mirror.is_dir():
            return None
        said = self._in_mirror("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
        return said.out.strip() if said.ok else None

    def _in_mirror(self, *words: str, seconds: float = LONG_S) -> GitResult:
        return git("--git-dir", self.mirror, *words, seconds=seconds)

    def _unadvertised(self, revision: str) -> str | None:
        """A commit that no branch or tag leads to any more, such as a manifest's; or a reference in full."""
        if not (COMMIT.fullmatch(revision) or revision.startswith("refs/")):
            return None
        with self._locked():
            said = self._in_mirror("fetch", "--no-tags", "--", str(self.address), f"+{revision}:{_apart(revision)}")
        return self._ref(_apart(revision)) if said.ok else None

    def _unknown(self, location: Location, said: GitResult | None = None) -> NoSuchRevision:
        if said is None:
            said = self._in_mirror("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags")
        names = [re.sub(r"^refs/(heads|tags|remotes)/", "", ref) for ref in said.out.split()]
        wanted = location.revision or "HEAD"
        near = difflib.get_close_matches(wanted, dict.fromkeys(names), NEAREST, 0.3) or names[:NEAREST]
        hint = f"the nearest are {', '.join(near)}" if near else "it has no branches or tags at all"
        return NoSuchRevision(f"{location.whole.canonical} has no branch, tag or commit {wanted}: {hint}.")

    # --- the mirror ---

    def _update(self, wanted: str | None) -> str:
        """Brings the mirror to what its origin has now; says which branch is the default."""
        head = self._default_branch()
        with self._locked():
            if self.mirror.is_dir() and self._brings(self.mirror, wanted, head).ok:
                return head
            self.notify(f"fetching {Location(self.address)}")
            with self._staged() as stage:  # the first time, or git finds fault with the mirror that is there
                self._in_order(["init", "--quiet", "--bare", stage / "made"])
                if not (said := self._brings(stage / "made", wanted, head)).ok:
                    raise _failed(said, self.root)
                shutil.rmtree(self.mirror, ignore_errors=True)
                (stage / "made").rename(self.mirror)
        return head

    def _default_branch(self) -> str:
        """The name of the default branch, as its origin says; also shows whether the origin is there."""
        said = reached(self.address, ("ls-remote", "--symref", "--", self.address, "HEAD"))
        if not said.ok:
            raise CheckoutFailed(f"git cannot read {Location(self.address)} ({said.last_words}): check it.")
        match = re.search(r"^ref: refs/heads/(\S+)\s+HEAD$", said.out, re.M)
        if match:
            return match[1]
        detached = re.search(r"^([0-9a-f]{40})\s+HEAD$", said.out, re.M)
        return detached[1] if detached else "HEAD"

    def _brings(self, mirror: Path, wanted: str | None, head: str) -> GitResult:
        """An origin that is damaged gives the wanted revision, perhaps, if not the whole."""
        whole = self._fetch(mirror, head)
        if whole.ok:
            return whole
        part = self._fetch_only(mirror, wanted or head)
        return part if part.ok else whole

    def _fetch(self, mirror: Path, head: str) -> GitResult:
        words: list[str | Path] = ["--git-dir", mirror, "fetch", "--quiet", "--update-shallow", "--no-tags"]
        said = reached(self.address, [*words, "--prune", "--force", "--", self.address, *REFS], LONG_S, self.root)
        if said.ok:
            git("--git-dir", mirror, "symbolic-ref", "HEAD", f"refs/heads/{head}")
        return said

    def _fetch_only(self, mirror: Path, revision: str) -> GitResult:
        words: list[str | Path] = ["--git-dir", mirror, "fetch", "--quiet", "--depth=1", "--no-tags", "--"]
        return reached(self.address, [*words, self.address, f"+{revision}:{_apart(revision)}"], LONG_S, self.root)

    # --- work trees ---

    def cached(self, commit: str) -> Path:
        """Where the files of a commit are, once they are there."""
        return self.root / "trees" / commit

    def tree(self, commit: str) -> Path:
        """The files of a commit."""
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
        """A repository of its own, with submodules if need be, that finds its objects in the mirror."""
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
            if not (said := git(*words, seconds=LONG_S)).ok:
                raise _failed(said, self.root)

    def _submodules(self, place: Path) -> None:
        """Fetches submodules; a repository is of use without them, so that a failure is only noted."""
        local = on_this_computer(self.address)
        try:
            words = ("submodule", "update", "--init", "--recursive", "--quiet")
            said = git(*words, directory=place, seconds=LONG_S, local_modules=local)
        except TimeoutError as error:
            said = GitResult(1, "", str(error))
        if FULL.search(said.err):
            raise disk_full(self.root)
        if not said.ok:
            self.notify(f"{Location(self.address)}: its submodules are not all here ({said.last_words})")

    # --- care ---

    def commits(self) -> frozenset[str]:
        trees = self.root / "trees"
        return frozenset(tree.name for tree in trees.iterdir()) if trees.is_dir() else frozenset()

    def remove(self, keep: frozenset[str]) -> frozenset[str]:
        if not self.root.is_dir():
            return frozenset()
        with self._locked():
            gone = self.commits() - keep
            with self._staged() as stage:
                for commit in gone:
                    self.cached(commit).rename(stage / commit)
            if not keep:
                shutil.rmtree(self.root, ignore_errors=True)
        return gone

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the lock on this address, which the operating system releases when its holder dies."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root.with_name(self.root.name + ".lock")):
            self.root.mkdir(exist_ok=True)  # whoever held it may have deleted it
            yield

    @contextmanager
    def _staged(self) -> Iterator[Path]:
        """A directory to make something in; also clears away what killed processes have left in theirs."""
        for left in self.root.glob(UNFINISHED + "*"):
            shutil.rmtree(left, ignore_errors=True)
        stage = Path(mkdtemp(prefix=UNFINISHED, dir=self.root))
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _as_it_is(location: Location, directory: Path, notify: Notify) -> Checkout:
    """The user's own directory. Without git, or where git refuses to look, it has no commit."""
    try:
        head = git("rev-parse", "--verify", "--quiet", "HEAD", directory=directory)
        if "dubious ownership" in head.err:
            notify(f"git does not look into {directory}, which is somebody else's: its commit is not known")
        if not head.ok:
            return Checkout(directory, location, None, dirty=False, cached=False)
        status = git("status", "--porcelain", "--untracked-files=normal", "--", ".", directory=directory)
    except GitMissing:
        return Checkout(directory, location, None, dirty=False, cached=False)
    return Checkout(directory, location, head.out.strip(), dirty=bool(status.out.strip()), cached=False)


def _apart(revision: str) -> str:
    """The reference in the mirror for a revision that was fetched by itself."""
    return f"refs/prover/{revision.removeprefix('refs/')}"


def _top(directory: Path) -> Path:
    """The git repository that a directory is in, or is."""
    said = git("rev-parse", "--show-toplevel", directory=directory)
    if said.ok:
        return Path(said.out.strip()).resolve()
    if not git("rev-parse", "--resolve-git-dir", ".", directory=directory).ok:
        raise CheckoutFailed(f"{directory} has no revisions ({said.last_words}): name it without `@`.")
    return directory


def _key(location: Location) -> str:
    """A directory's name for an address: readable, and different for different repositories."""
    whole = location.whole
    same = whole.canonical if on_this_computer(whole.address) else whole.canonical.removesuffix(".git")
    digest = hashlib.sha256(same.encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', whole.name)[:40]}-{digest}"


def _failed(said: GitResult, place: Path) -> CheckoutFailed:
    if FULL.search(said.err):
        return disk_full(place)
    return CheckoutFailed(f"git cannot make a checkout in {place} ({said.last_words}): mend that and start again.")


def _refused(error: OSError, place: Path) -> CheckoutFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(place)
    return CheckoutFailed(f"{error.filename or place} cannot be used ({error.strerror or error}): mend that first.")
