#!/usr/bin/env bash
# Tries the program on situations from real use: every script run.sh under
# $DMAE_TESTDATA/cases, those under cases/hostile included.
# usage: scripts/field-cases.sh [name...]      all cases, or those whose folder's name has one of the words
#   PY: a python3 with torch, numpy and pillow (default python3); the cases make their files with it
#   DMAE: the program to try (default: built from this checkout)
#   CASE_SECONDS: how long one case may take (default 300)
#
# A case exits with 0 (passed), 1 (failed) or 2 (could not be set up here). The
# first one trains the small models that all share. Exit status: 0 if every case
# passed, 1 if one failed or took too long, 2 if none failed but some could not be
# set up.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

data=${DMAE_TESTDATA:-../shared}
[[ -d $data/cases ]] || fail "no cases in $data/cases; point DMAE_TESTDATA at the folder of the large test data"
limit=${CASE_SECONDS:-300}
((limit >= 1)) || fail "CASE_SECONDS is $limit; give a number of seconds from 1 on"

python=$(command -v "${PY:-python3}") || fail "no program ${PY:-python3}; PY names a python3 with torch, numpy and pillow"
"$python" -c 'import torch, numpy, PIL' 2>/dev/null || fail "$python lacks torch, numpy or pillow; PY names a python3 that has them"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
if [[ -z ${DMAE:-} ]]; then
	CGO_ENABLED=0 go build -o "$work/dmae" ./cmd/dmae
	DMAE=$work/dmae
fi
[[ -x $DMAE ]] || fail "DMAE is $DMAE, which is not a program"
# Some cases call plain python3.
mkdir -p "$work/models" "$work/bin"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" >"$work/bin/python3"
chmod +x "$work/bin/python3"
export PATH="$work/bin:$PATH" PY=$python DMAE=$(realpath "$DMAE") WORK=$work/models TMPDIR=$work

# chosen CASE WORD... returns whether a case is selected.
chosen() {
	local case=$1 word
	shift
	(($#)) || return 0
	for word; do [[ $case != *$word* ]] || return 0; done
	return 1
}

good=0 faults=() unmade=()
while IFS= read -r script; do
	name=${script#"$data"/cases/} name=${name%/run.sh}
	chosen "$name" "$@" || continue
	start=$SECONDS rc=0
	# The first case also makes the models, so its limit is doubled.
	allowed=$limit
	[[ -e $work/models/ready ]] || allowed=$((2 * limit))
	timeout --kill-after=10 "$allowed" bash "$script" >"$work/out" 2>&1 </dev/null || rc=$?
	case $rc in
	0) verdict='ok  ' good=$((good + 1)) ;;
	2) verdict='none' unmade+=("$name") ;;
	124 | 137) verdict=SLOW faults+=("$name") && echo "ended after $allowed s" >>"$work/out" ;;
	*) verdict=FAIL faults+=("$name") ;;
	esac
	printf '%s\t%s\t%ds\n' "$verdict" "$name" $((SECONDS - start))
	((rc == 0)) || tail -n 12 "$work/out" | sed 's/^/\t/'
done < <(find -L "$data/cases" -mindepth 2 -name run.sh | sort)

((good + ${#faults[@]} + ${#unmade[@]})) || fail "no case is called ${*:-anything}"
printf '%d good, %d at fault, %d could not be set up here\n' "$good" ${#faults[@]} ${#unmade[@]}
((${#unmade[@]} == 0)) || printf 'not set up: %s\n' "${unmade[*]}"
((${#faults[@]} == 0)) || fail "at fault: ${faults[*]}"
((${#unmade[@]} == 0)) || exit 2
