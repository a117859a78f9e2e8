"""Which modules the gateway has, in which order, and when it has changed."""

from pathlib import Path

import pytest

from prover.errors import InstallFailed
from prover.lean.toolchain.gateway import KEY_SUFFIX, SOURCES, content_keys, digest, modules, reuse_modules, up_to


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    texts = {
        "Gateway.lean": "import Gateway.A\nimport Lean\n",
        "Gateway/A.lean": "import Gateway.C\nimport Gateway.B\n",
        "Gateway/B.lean": "import Lean.Meta\nimport Gateway.C\n",
        "Gateway/C.lean": "-- import Gateway.A\n",
        "Gateway/D.lean": "import Gateway.C\n",
        "Build.lean": "import Gateway.C\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_each_module_comes_after_those_that_it_imports(sources: Path) -> None:
    seen: set[str] = set()
    for module in modules(sources):
        assert set(module.imports) <= seen
        seen.add(module.name)
    assert seen == {"Gateway", "Gateway.A", "Gateway.B", "Gateway.C", "Gateway.D"}


def test_only_what_a_module_needs(sources: Path) -> None:
    assert [module.name for module in up_to("Gateway.A", modules(sources))] == ["Gateway.C", "Gateway.B", "Gateway.A"]


def test_the_embedded_toolchain_has_files_of_its_own(sources: Path) -> None:
    own = sources / "Embedded" / "Gateway" / "B.lean"
    own.parent.mkdir(parents=True)
    own.write_text("import Gateway.D\n")
    (sources / "Embedded" / "Other.lean").write_text("import Lean\n")
    plain = {module.name: module for module in modules(sources)}
    embedded = {module.name: module for module in modules(sources, embedded=True)}
    assert plain.keys() == embedded.keys()
    assert plain["Gateway.B"].path == sources / "Gateway" / "B.lean"
    assert (embedded["Gateway.B"].path, embedded["Gateway.B"].imports) == (own, ("Gateway.D",))


def test_a_circle_is_refused(sources: Path) -> None:
    (sources / "Gateway" / "C.lean").write_text("import Gateway.A\n")
    with pytest.raises(InstallFailed, match="import each other: Gateway"):
        modules(sources)


def test_an_import_of_nothing_is_refused(sources: Path) -> None:
    (sources / "Gateway" / "C.lean").write_text("import Gateway.Z\n")
    with pytest.raises(InstallFailed, match=r"C\.lean imports Gateway\.Z"):
        modules(sources)


def test_the_digest_changes_with_any_source(sources: Path) -> None:
    before = digest(sources)
    assert digest(sources) == before
    (sources / "Gateway" / "C.lean").write_text("-- other\n")
    assert digest(sources) != before


def test_modules_that_have_not_changed_are_taken_from_an_earlier_gateway(sources: Path, tmp_path: Path) -> None:
    earlier, out = tmp_path / "earlier", tmp_path / "out"
    before = content_keys(modules(sources))
    for module in modules(sources):
        compiled = earlier / module.compiled
        compiled.parent.mkdir(parents=True, exist_ok=True)
        compiled.write_text(module.name)
        compiled.with_suffix(KEY_SUFFIX).write_text(before[module.name])
    (earlier / "Gateway" / "D.key").unlink()
    (sources / "Gateway" / "B.lean").write_text("import Gateway.C\n-- other\n")
    reuse_modules([tmp_path / "nothing", earlier], out, content_keys(modules(sources)))
    assert [file.relative_to(out) for file in out.rglob("*.olean")] == [Path("Gateway/C.olean")]
    assert (out / "Gateway" / "C.olean").read_text() == "Gateway.C"


def test_the_real_gateway_is_complete() -> None:
    assert {"Gateway.Compat", "Gateway.Source"} <= {module.name for module in modules()}
    assert all(module.path.is_relative_to(SOURCES) for module in modules())
