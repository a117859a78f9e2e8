#!/usr/bin/env bash
# Runs the prover with several versions of Lean and writes a table of what each could do. For anyone with elan.
#
#   benchmarks/native_matrix.sh [VERSION …] > table.md
#
# For each version, such as v4.28.0: has elan install it, has the prover compile its gateway with it, and proves,
# checks and refuses proofs of a practice repository that pins it. Exit status: 0 every version did all of it, 1 one
# did not. PROVER names the program, by default that of the checkout.
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
prover=${PROVER:-$root/.venv/bin/prover}
default_versions="v4.20.1 v4.22.0 v4.24.0 v4.26.0 v4.27.0 v4.28.0"
theorem=Basics.Tree.mirror_mirror
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

command -v elan > /dev/null || { echo "native_matrix.sh: there is no elan on PATH: install it first" >&2; exit 2; }
[ -x "$prover" ] || { echo "native_matrix.sh: there is no $prover: run make setup first, or set PROVER" >&2; exit 2; }

# Runs a command that should end with a status; prints yes, or no with the status that it ended with.
ended() {
  local wanted=$1
  shift
  "$@" >> "$scratch/log" 2>&1
  local status=$?
  [ "$status" -eq "$wanted" ] && echo yes || echo "no ($status)"
}

echo "| Lean | installed | proves | accepts a proof | refuses a wrong one | seconds |"
echo "| --- | --- | --- | --- | --- | ---: |"
for version in ${*:-$default_versions}; do
  repository=$scratch/$version
  cp -R "$root/lean_projects/basics" "$repository"
  echo "leanprover/lean4:$version" > "$repository/lean-toolchain"
  printf 'induction t <;> simp_all [mirror]\n' > "$scratch/right"
  printf 'rfl\n' > "$scratch/wrong"
  : > "$scratch/log"
  began=$SECONDS
  chosen=(--repo "$repository" --theorem "$theorem" --toolchain native)
  installed=$(ended 0 elan toolchain install "leanprover/lean4:$version")
  proves=$(ended 0 "$prover" prove "${chosen[@]}" --timeout 20)
  accepts=$(ended 0 "$prover" check "${chosen[@]}" --proof "$scratch/right")
  refuses=$(ended 3 "$prover" check "${chosen[@]}" --proof "$scratch/wrong")
  echo "| $version | $installed | $proves | $accepts | $refuses | $((SECONDS - began)) |"
  case "$installed$proves$accepts$refuses" in
    yesyesyesyes) ;;
    *) failed=1; sed "s/^/$version: /" "$scratch/log" >&2 ;;
  esac
done
exit "$failed"
