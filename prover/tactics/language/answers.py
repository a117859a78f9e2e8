"""Reads the answer of a model as a proof of one theorem: a block of tactics, or the reason why it is none.

The theorem is found by its name, or else is the last one. Lemmas before it become `have`s of its proof. What is read is
only text: Lean decides what it means, and whether it proves anything.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prover.lean.file_text import indented
from prover.project.leandojo.code import blanked
from prover.tactics.language.answer_text import code_blocks, is_prose

ATTRIBUTES = r"(?:@\[(?:[^\[\]]|\[[^\]]*\])*\]\s*)?"
MODIFIERS = ATTRIBUTES + r"(?:(?:private|protected|noncomputable|nonrec|unsafe|partial|local|scoped)\s+)*"
PROVED = frozenset(("theorem", "lemma", "example"))
DEFINING = frozenset(("def", "abbrev", "instance", "inductive", "structure", "class", "axiom", "opaque"))
# fmt: off
DEFINING_SYNTAX = frozenset((
    "macro", "macro_rules", "syntax", "notation", "notation3", "infix", "infixl", "infixr", "prefix", "postfix",
    "elab", "elab_rules", "attribute", "initialize",
))
# fmt: on
# fmt: off
IGNORED = frozenset((
    "namespace", "section", "end", "import", "universe", "universes", "variable", "variables", "mutual", "deriving",
    "public", "module", "include", "omit",
))
# fmt: on
COMMAND = re.compile(
    rf"^(?P<indent>[ \t]*)(?P<modifiers>{MODIFIERS})(?P<word>#\w+!?|(?:"
    + "|".join(sorted((*PROVED, *DEFINING, *DEFINING_SYNTAX, *IGNORED), key=len, reverse=True))
    + r")(?![\w'.]))",
    re.MULTILINE,
)
SCOPE = re.compile(
    r"^[ \t]*(?P<text>(?:open|set_option|omit|include|variable)\s[^\n]*?)[ \t]+in\b[ \t]*\n?", re.MULTILINE
)
OPEN = re.compile(r"^[ \t]*open\s+(?:scoped\s+)?[^\n]*$", re.MULTILINE)
KEPT_SCOPE = re.compile(r"open\s|set_option\s+(?:max|synthInstance\.|tactic\.|exponentiation\.)")
NAME = re.compile(r"\s*(?P<name>(?:[^\s:({\[⦃.«»]|«[^»]*»)+(?:\.(?:[^\s:({\[⦃.«»]|«[^»]*»)+)*)(?:\.\{[^}]*\})?")
TOKEN = re.compile(
    r"(?P<open>[(\[{⟨⦃⟦])|(?P<close>[)\]}⟩⦄⟧])|(?P<assign>:=)|(?P<colon>:(?![=:]))|"
    r"(?P<equation>^[ \t]*\|(?=[^\n]*=>))|(?P<where>\bwhere\b)|(?P<word>[^\W\d][\w'!?]*(?:\.[\w'!?]+)*)",
    re.MULTILINE,
)
BINDING = frozenset(("let", "have", "haveI", "letI", "let_fun"))
CONTINUING = ("|", ")", "⟩", "]", "}", "where", "termination_by", "decreasing_by", "<;>")
RECURSION = re.compile(r"^[ \t]*(?:termination_by|decreasing_by)\b", re.MULTILINE)
WORD = re.compile(r"[^\W\d][\w'!?]*(?:\.[\w'!?]+)*")
UNFINISHED = re.compile(r"(?:\bby|=>|\bdo|\bwith|\bcalc|\bfrom|:=|[,(\[{⟨+*=<>∧∨↔→·]|<;>|\bat|\busing|\bshow\b.*:)\Z")
"""the end of a line that the next one continues"""
BLANK_BODY = frozenset(("", "...", "…", "_", "by", "by _", "by ..."))
# fmt: off
TACTIC_WORDS = frozenset((
    "intro", "intros", "rintro", "exact", "apply", "refine", "rw", "rwa", "simp", "simp_all", "simpa", "simp_arith",
    "omega", "ring", "ring_nf", "linarith", "nlinarith", "norm_num", "norm_cast", "push_cast", "positivity",
    "decide", "rfl", "trivial", "constructor", "cases", "rcases", "obtain", "induction", "have", "let", "show",
    "suffices", "calc", "unfold", "ext", "funext", "congr", "gcongr", "subst", "contradiction", "exfalso",
    "by_contra", "by_cases", "split", "use", "exists", "specialize", "generalize", "revert", "clear", "rename_i",
    "left", "right", "assumption", "aesop", "tauto", "grind", "field_simp", "nth_rewrite", "erw", "conv", "change",
    "symm", "injection", "match", "next", "case", "all_goals", "any_goals", "repeat", "first", "try", "dsimp",
    "choose", "set", "bv_decide", "fun_cases", "fun_induction", "exact?", "split_ifs", "interval_cases", "nomatch",
    "nofun", "delta", "sorry", "push_neg", "contrapose", "infer_instance",
))
# fmt: on


@dataclass(frozen=True)
class Answer:
    """A proof that was read from an answer, or the reason why none was."""

    proof: str = ""
    """a block of tactics"""
    refused: str | None = None
    helpers: tuple[str, ...] = ()
    """the names of the lemmas that became part of the proof"""


@dataclass(frozen=True)
class _Command:
    """A command of the answer, with its text from its word on."""

    word: str
    text: str
    """the text from the word to the next command"""
    column: int
    scopes: tuple[str, ...] = ()
    """the `open … in` and `set_option … in` before it"""

    @property
    def name(self) -> str:
        """Returns the name that it declares; empty if it has none."""
        if self.word == "example" or (found := NAME.match(self.text, len(self.word))) is None:
            return ""
        return found["name"]


@dataclass(frozen=True)
class _Block:
    """A piece of code with its commands."""

    code: str
    commands: tuple[_Command, ...] = ()
    before: str = ""
    """the code before the first command"""
    theorems: tuple[int, ...] = field(default=())
    """the indices of the commands that are theorems with a proof"""


@dataclass(frozen=True)
class _Declaration:
    """A theorem taken apart."""

    name: str
    binders: str
    statement: str
    body: str
    kind: str
    """The beginning of the body: `:=`, `|` or `where`."""


class _Refusal(Exception):
    """The answer is no proof; the message is the reason."""


def read_answer(text: str, theorem: str = "", header: str = "") -> Answer:
    """Returns the proof in an answer.

    Args:
        theorem: the full name of the theorem; empty if it has none.
        header: the text of the file above the theorem; what it declares may be repeated in the answer.
    """
    found = code_blocks(text)
    if not found.blocks:
        return Answer(refused=found.reason)
    try:
        return _Reader(theorem, header).read([_block(code) for code in found.blocks])
    except _Refusal as refusal:
        return Answer(refused=str(refusal))


@dataclass(frozen=True)
class StatedProof:
    """A theorem as written: its statement, from its keyword to its body, and its proof as a block of tactics."""

    statement: str
    proof: str


def stated_in(code: str, theorem: str) -> StatedProof | None:
    """Returns the theorem of a name in Lean code; None if it has no proof that can be written as a block of tactics."""
    block = _block(code)
    place = _Reader(theorem, "").place([block])
    if place is None:
        return None
    command = block.commands[place[1]]
    declaration = _declaration(command)
    try:
        proof = "\n".join(_tactics(declaration, {theorem, command.name}))
    except _Refusal:
        return None
    statement = command.text[: command.text.find(declaration.statement) + len(declaration.statement)]
    return StatedProof(statement.rstrip(), proof.rstrip())


@dataclass(frozen=True)
class _Reader:
    """Reads the code of an answer as a proof of one theorem."""

    theorem: str
    header: str

    def read(self, blocks: Sequence[_Block]) -> Answer:
        place = self.place(blocks)
        if place is None:
            return Answer(self._bare(blocks))
        number, index = place
        block = blocks[number]
        command = block.commands[index]
        earlier = [each for other in blocks[:number] for each in other.commands] + list(block.commands[:index])
        body = _tactics(_declaration(command), {command.name, self.theorem} - {""})
        helpers = self._helpers(earlier, body)
        scopes = [*command.scopes, *self._opened(block)]
        names = tuple(name for name, _ in helpers)
        proof = _shortened("\n".join([*(line for _, have in helpers for line in have), *body]), names)
        return Answer(_scoped(proof, scopes, self.header), helpers=names)

    def place(self, blocks: Sequence[_Block]) -> tuple[int, int] | None:
        """Returns the block and the command of the theorem: the last of its name, else the last with a proof."""
        places = [(number, index) for number, block in enumerate(blocks) for index in block.theorems]
        named = [place for place in places if self._is_theorem(blocks[place[0]].commands[place[1]].name)]
        if not named and any(_bare_lines(block.before) for block in blocks if block.commands):
            return None  # the answer continues a proof that the prompt began
        return next(reversed(named or places), None)

    def _is_theorem(self, name: str) -> bool:
        name = name.removeprefix("_root_.")
        return bool(name) and (name == self.theorem or self.theorem.endswith("." + name))

    def _bare(self, blocks: Sequence[_Block]) -> str:
        """Returns the last block of tactics that has no statement."""
        for block in reversed(blocks):
            code = block.before if block.commands else block.code
            lines = _bare_lines(code)
            if any(line.strip() for line in lines):
                return _scoped("\n".join(lines), [], self.header)
        words = {command.word for block in blocks for command in block.commands}
        raise _Refusal(
            f"it has no proof: {'its theorem ends before one' if words & PROVED else 'it has other commands only'}"
        )

    def _helpers(self, commands: Sequence[_Command], body: Sequence[str]) -> list[tuple[str, list[str]]]:
        """Returns the lemmas that a proof uses, in order, each with the lines of its `have`."""
        used = set(WORD.findall(blanked("\n".join(body))))
        found: dict[str, list[str]] = {}
        for command in reversed(commands):
            name = command.name
            if command.word in IGNORED or command.word.startswith("#") or self._repeated(command):
                continue
            if command.word in DEFINING_SYNTAX or (not name and command.word in DEFINING):
                raise _Refusal(f"it has the command `{command.word}`: a proof cannot declare anything")
            if name in found or not _mentions(used, name):
                continue
            if command.word in DEFINING:
                raise _Refusal(
                    f"it defines `{name}` by `{command.word}`: a proof cannot add definitions; use `let`, or write out "
                    "what it stands for"
                )
            found[name] = _have(command)
            used |= set(WORD.findall(blanked(command.text)))
        return [(name, found[name]) for name in reversed(found)]

    def _repeated(self, command: _Command) -> bool:
        """Returns whether the file has this command already."""
        name = command.name
        if name:
            return re.search(rf"\b{command.word}\s+(?:\S+\.)?{re.escape(name)}(?![\w'!?])", self.header) is not None
        return " ".join(command.text.split()) in " ".join(self.header.split())

    def _opened(self, block: _Block) -> list[str]:
        """Returns the `open` commands of a block that the file lacks; none if it writes a whole file out of habit."""
        if any(command.word == "import" for command in block.commands) or not self.header:
            return []
        opened = [
            found[0].strip() for found in OPEN.finditer(blanked(block.code)) if not re.search(r"\bin\b", found[0])
        ]
        return [line for line in opened if line not in self.header and not _stands_inside(block, line)]


def _stands_inside(block: _Block, line: str) -> bool:
    """Returns whether an `open` stands after the first theorem of a block, where it may be a tactic."""
    first = next((command for command in block.commands if command.word in PROVED), None)
    return first is not None and block.code.find(line) > block.code.find(first.text[:40])


# --- commands ---


def _block(code: str) -> _Block:
    """Returns a piece of code with its commands."""
    masked = blanked(code)
    starts: list[tuple[int, int, int, str, tuple[str, ...]]] = []
    scopes: list[str] = []
    position = 0
    while True:
        command = COMMAND.search(masked, position)
        scope = SCOPE.search(masked, position)
        if scope and _is_command_scope(masked, scope, command, starts):
            scopes.append(" ".join(code[scope.start("text") : scope.end("text")].split()))
            position = scope.end()
            inline = COMMAND.match(masked, position) or _inline(masked, position)
            if inline is None:
                continue
            command = inline
        if command is None:
            break
        word = command["word"]
        starts.append((command.start(), command.start("word"), _column(masked, command.start()), word, tuple(scopes)))
        scopes = []
        position = command.end()
    return _Block(code, *_cut(code, starts))


def _inline(masked: str, position: int) -> re.Match[str] | None:
    """Returns the command on the same line as the `open … in` before it."""
    return re.compile(COMMAND.pattern.removeprefix("^"), re.MULTILINE).match(masked, position)


def _is_command_scope(
    masked: str,
    scope: re.Match[str],
    command: re.Match[str] | None,
    starts: Sequence[tuple[int, int, int, str, tuple[str, ...]]],
) -> bool:
    """Returns whether an `open … in` belongs to the next command, and not to a tactic of the proof before it."""
    if command is not None and command.start() < scope.start():
        return False
    column = len(scope[0]) - len(scope[0].lstrip(" \t"))
    if starts and column > starts[-1][2]:
        return False
    follows = masked[scope.end() :].lstrip()
    while again := SCOPE.match(follows):
        follows = follows[again.end() :].lstrip()
    return re.compile(COMMAND.pattern.removeprefix("^")).match(follows) is not None


def _cut(
    code: str, starts: Sequence[tuple[int, int, int, str, tuple[str, ...]]]
) -> tuple[tuple[_Command, ...], str, tuple[int, ...]]:
    """Returns the commands, the code before them, and the indices of the theorems with a proof."""
    ends = [*(start for start, *_ in starts), len(code)][1:] if starts else []
    commands = tuple(
        _Command(word, code[begin:end].rstrip(), column, scopes)
        for (_, begin, column, word, scopes), end in zip(starts, ends, strict=True)
    )
    theorems = tuple(index for index, command in enumerate(commands) if command.word in PROVED and _has_proof(command))
    return commands, code[: starts[0][0]] if starts else code, theorems


def _column(text: str, position: int) -> int:
    line = text[position : text.find("\n", position) if "\n" in text[position:] else len(text)]
    return len(line) - len(line.lstrip(" "))


def _has_proof(command: _Command) -> bool:
    declaration = _declaration(command)
    return " ".join(blanked(declaration.body).split()) not in BLANK_BODY


def _declaration(command: _Command) -> _Declaration:
    """Takes a theorem apart: its name, its binders, its statement and its body, which starts outside brackets."""
    masked = blanked(command.text)
    begin = len(command.word)
    if command.name and (named := NAME.match(masked, begin)):
        begin = named.end()
    depth, bound = 0, 0
    colon: int | None = None
    for token in TOKEN.finditer(masked, begin):
        if token["open"] or token["close"]:
            depth = max(0, depth + (1 if token["open"] else -1))
        elif depth:
            continue
        elif token["word"] in BINDING and colon is not None:
            bound += 1
        elif token["assign"] and bound:
            bound -= 1
        elif token["colon"] and colon is None:
            colon = token.start()
        elif token["assign"] or ((token["equation"] or token["where"]) and colon is not None):
            return _taken_apart(command, masked, begin, colon, token)
    return _Declaration(command.name, "", "", "", "")


def _taken_apart(command: _Command, masked: str, begin: int, colon: int | None, token: re.Match[str]) -> _Declaration:
    text = command.text
    kind = "|" if token["equation"] else token[0]
    start = token.start() if kind == "|" else token.end()
    stop = min((found.start() for found in [RECURSION.search(masked, start)] if found), default=len(text))
    statement = text[colon + 1 : token.start()].strip() if colon is not None else ""
    binders = text[begin : colon if colon is not None else token.start()].strip()
    body = _until_left(text[start:stop], _line_before(text, start), command.column)
    return _Declaration(command.name, binders, statement, body, kind)


def _line_before(text: str, position: int) -> int:
    """Returns the number of characters before a place on its line."""
    return position - (text.rfind("\n", 0, position) + 1)


def _until_left(body: str, offset: int, column: int) -> str:
    """Returns a body, padded so that columns stay, up to the first line that does not belong to it."""
    lines = (" " * offset + body).split("\n")
    masked = blanked("\n".join(lines)).split("\n")
    first = next((i for i, line in enumerate(masked) if line.strip() not in ("", "by")), 0)
    floor = column if first == 0 or _indent(masked[first]) > column else -1
    for index in range(max(1, first), len(lines)):
        line = masked[index]
        left = bool(line.strip()) and index > 0 and _indent(line) <= floor and not line.strip().startswith(CONTINUING)
        if (left and index != first) or is_prose(lines[index]):
            return "\n".join(lines[:index]).rstrip()
    return "\n".join(lines).rstrip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


# --- proofs ---


def _tactics(declaration: _Declaration, names: set[str]) -> list[str]:
    """Returns a body as the lines of a block of tactics.

    Raises:
        _Refusal: it cannot be written as one.
    """
    body, masked = declaration.body, blanked(declaration.body)
    if declaration.kind == "|":
        if (set(map(_short, names)) | names) & set(WORD.findall(masked)):
            raise _Refusal("it proves the theorem by equations that use the theorem itself: use `induction`")
        return ["exact fun", *indented(textwrap.dedent(body).strip("\n").split("\n"), "  ")]
    if declaration.kind == "where":
        return ["exact {", *indented(textwrap.dedent(body).strip("\n").split("\n"), "  "), "}"]
    begun = re.match(r"\s*by\b", masked)
    if begun is None:
        return _exact(body, masked)
    return _aligned(" " * begun.end() + body[begun.end() :] if "\n" not in begun[0] else _below(body, begun.end()))


def _below(body: str, start: int) -> str:
    """Returns what follows a place, padded so that columns stay."""
    return " " * _line_before(body, start) + body[start:]


def _exact(body: str, masked: str) -> list[str]:
    """Returns a term as a tactic; a term that begins with `calc` is one already."""
    first, *rest = _without_blank_ends(body).split("\n")
    head = [] if masked.split()[:1] == ["calc"] else ["exact"]
    least = min((_indent(line) for line in rest if line.strip()), default=0)
    if not rest or least < _indent(first):  # the first line stands behind the statement
        lines = indented(textwrap.dedent("\n".join(rest)).split("\n"), "  ") if rest else []
        return [" ".join([*head, first.strip()]), *lines]
    return [*head, *indented(textwrap.dedent("\n".join([first, *rest])).split("\n"), "  " if head else "")]


def _without_blank_ends(text: str) -> str:
    lines = text.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)


def _aligned(block: str) -> list[str]:
    """Returns the lines of a block of tactics; a first line that stands otherwise than the others is moved to them."""
    lines = [line.rstrip() for line in _without_blank_ends(block).split("\n")]
    if not lines:
        return []
    rest = [
        line
        for line, masked in zip(lines[1:], blanked("\n".join(lines)).split("\n")[1:], strict=True)
        if masked.strip()
    ]
    if rest:
        least = min(map(_indent, rest))
        own = _indent(lines[0])
        if least < own or (least > own and _begins_tactic(lines[0], rest[0])):
            lines[0] = " " * least + lines[0].lstrip()
    return textwrap.dedent("\n".join(lines)).split("\n")


def _begins_tactic(before: str, line: str) -> bool:
    """Returns whether a line that is indented more than the one before it is nevertheless a tactic of its own."""
    masked = blanked(before).rstrip()
    inside = sum(masked.count(mark) for mark in "([{⟨") > sum(masked.count(mark) for mark in ")]}⟩")
    if inside or UNFINISHED.search(masked):
        return False
    word = WORD.match(line.strip())
    return line.strip().startswith(("·", ". ")) or (word is not None and word[0] in TACTIC_WORDS)


def _bare_lines(code: str) -> list[str]:
    """Returns the lines of a proof that has no statement before it."""
    masked = blanked(code)
    if not masked.strip():
        return []
    if scope := OPEN.match(masked.lstrip("\n")):
        rest = masked.lstrip("\n")[scope.end() :]
        if not rest.strip():
            return []
    begun = re.match(r"\s*(?P<assign>:=)?\s*(?P<by>by\b)?", masked)
    assert begun is not None
    cut = next((i for i, line in enumerate(code.split("\n")) if i and is_prose(line)), None)
    if cut is not None:
        code = "\n".join(code.split("\n")[:cut])
        masked = blanked(code)
    if begun["by"]:
        return _aligned(_below(code, begun.end()))
    if begun["assign"]:
        return _exact(_below(code, begun.end()), masked[begun.end() :])
    return _aligned(code)


# --- lemmas ---


def _mentions(words: set[str], name: str) -> bool:
    """Returns whether a declaration is among the words, by its full name, its last part, or in a projection of it."""
    short = _short(name)
    return any(word in (name, short) or word.startswith((f"{name}.", f"{short}.")) for word in words)


def _have(command: _Command) -> list[str]:
    """Returns a lemma as a `have`.

    Raises:
        _Refusal: it has no proof, or cannot be stated inside a proof.
    """
    declaration = _declaration(command)
    name = declaration.name
    if not declaration.statement:
        raise _Refusal(f"it uses the lemma `{name}`, whose statement or proof is missing")
    if declaration.kind == "|" and name in WORD.findall(blanked(declaration.body)):
        raise _Refusal(f"it proves the lemma `{name}` by equations that use `{name}` itself: use `induction`")
    body = _tactics(declaration, {name})
    binders = _binder_names(declaration.binders)
    bound = f"∀ {' '.join(declaration.binders.split())}, " if binders else ""
    statement = f"{bound}{declaration.statement}"
    intro = [f"intro {' '.join(binders)}"] if binders else []
    scoped = _scoped("\n".join([*intro, *body]), command.scopes, "").split("\n")
    return [*f"have {_short(name)} : {statement} := by".split("\n"), *indented(scoped, "  ")]


def _binder_names(binders: str) -> list[str]:
    """Returns the names that binders introduce, `_` for those without one."""
    names: list[str] = []
    for group in _groups(blanked(binders)):
        if group[0] not in "({[⦃":
            names += group.split()
            continue
        inside = group[1:-1]
        before, colon, _ = inside.partition(":")
        if group[0] == "[":
            names.append(before.strip() if colon and len(before.split()) == 1 else "_")
        else:
            names += before.split()
    return names


def _groups(binders: str) -> Iterator[str]:
    """Yields the bracketed groups, and the words between them."""
    depth, begun = 0, 0
    for place, character in enumerate(binders):
        if character in "({[⦃⟨":
            if not depth:
                if binders[begun:place].strip():
                    yield binders[begun:place].strip()
                begun = place
            depth += 1
        elif character in ")}]⦄⟩":
            depth -= 1
            if not depth:
                yield binders[begun : place + 1]
                begun = place + 1
    if binders[begun:].strip():
        yield binders[begun:].strip()


def _short(name: str) -> str:
    """Returns the last part of a name: hypotheses have names of one part."""
    return name.rsplit(".", 1)[-1]


def _shortened(text: str, names: Sequence[str]) -> str:
    """Returns a text in which full names of lemmas are those of the hypotheses that they became."""
    for name in names:
        if "." in name:
            text = re.sub(rf"(?<![\w.']){re.escape(name)}(?![\w'])", _short(name), text)
    return text


def _scoped(proof: str, scopes: Sequence[str], header: str) -> str:
    """Returns a proof inside `open … in` and `set_option … in`, those left out that mean nothing for a proof."""
    kept = [scope for scope in scopes if KEPT_SCOPE.match(scope) and scope not in header.split("\n")]
    return "\n".join([*(f"{scope} in" for scope in kept), proof]).rstrip()
