# Shell functions shared by the scripts of this folder and by .ci/run. Source it, do not run it.

# fail MESSAGE ends the script with one line on standard error.
fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# apt_install PACKAGE... installs those of these Debian packages that are
# missing.
apt_install() {
	local missing=() p sudo=
	for p; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
	done
	((${#missing[@]})) || return 0
	command -v apt-get >/dev/null || fail "needs ${missing[*]}; install them by hand, there is no apt-get here"
	((EUID == 0)) || sudo=sudo
	$sudo apt-get update -qq || fail "apt-get update failed; needed for ${missing[*]}"
	# Only warnings and errors are printed; the log is shown if it fails.
	local log
	log=$(mktemp)
	if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=300 \
		--no-install-recommends "${missing[@]}" >"$log" 2>&1; then
		cat "$log" >&2
		fail "apt-get could not install ${missing[*]}"
	fi
	rm -f "$log"
}

# isa_packages lists the packages whose results must be the same bits on every
# instruction set: simd and every package with a golden-hash test.
isa_packages() {
	{
		echo simd
		git ls-files '*golden*_test.go' | sed 's|/[^/]*$||'
	} | sort -u
}

# split_args ARG... fills packages and flags: everything after "--" is for the
# test binaries, everything before it names packages relative to the module root.
# Without arguments both are empty.
split_args() {
	packages=() flags=()
	while (($#)); do
		if [[ $1 == -- ]]; then
			shift
			flags=("$@")
			return
		fi
		local dir=${1#./}
		[[ -d $dir ]] || fail "no package folder $1; give folders relative to the module root, such as simd"
		packages+=("${dir%/}")
		shift
	done
}

# stall_minutes is the time after which a command without progress is ended.
stall_minutes=${STALL_MINUTES:-10}
((stall_minutes >= 1)) || fail "STALL_MINUTES is $stall_minutes; give a number of minutes from 1 on"

# watched_pid is the command that watched waits for. A script that is
# interrupted ends it with end_watched.
watched_pid=
end_watched() {
	# It may have ended already.
	[[ -z $watched_pid ]] || kill -- "-$watched_pid" 2>/dev/null || true
	watched_pid=
}

# watched [-q] NAME FOLDER COMMAND... runs a command in a process group of its own,
# with its output in FOLDER/NAME.log and, without -q, here as it comes. It sets
# status to the command's and itself returns 0, so that "set -e" holds inside of a
# function that it runs.
#
# The command has no limit on its total time, which differs between machines,
# but must show progress: a file FOLDER/*.log grows. Every minute without
# output a message has the last line. After stall_minutes without progress the
# command and its child processes are ended, and status is 124.
watched() {
	local quiet=0 name folder log shown=0 size=0 grown before=-1 alive=1
	[[ $1 != -q ]] || { quiet=1; shift; }
	name=$1 folder=$2 log=$2/$1.log status=0
	shift 2
	local moved=$SECONDS told=$SECONDS start=$SECONDS
	: >"$log"
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	watched_pid=$!
	set +m
	while ((alive)); do
		sleep 0.2
		kill -0 "$watched_pid" 2>/dev/null || alive=0
		size=$(stat -c %s "$log")
		if ((!quiet && size > shown)); then
			head -c "$size" "$log" | tail -c "+$((shown + 1))"
			shown=$size told=$SECONDS
		fi
		grown=$(($(stat -c %s "$folder"/*.log | paste -sd+)))
		if ((grown != before)); then
			before=$grown moved=$SECONDS
		elif ((alive && SECONDS - moved >= 60 * stall_minutes)); then
			end_watched
			printf '%s: no progress in %d minutes; the last was: %s\n' "$name" "$stall_minutes" "$(last_line "$folder")"
			status=124
			return 0
		fi
		if ((alive && SECONDS - told >= 60)); then
			told=$SECONDS
			printf '.. %s, %d s: %s\n' "$name" $((SECONDS - start)) "$(last_line "$folder")"
		fi
	done
	wait "$watched_pid" || status=$?
	watched_pid=
}

# last_line FOLDER prints the last line of the log there that was written last.
last_line() {
	local log
	while IFS= read -r log; do
		[[ -s $log ]] || continue
		# Of an event of go test -json, the package and test. A log with only
		# blank lines has no last line, which is not an error.
		tail -c 500 "$log" | tr '\r' '\n' | grep -a . | tail -n 1 | sed -E 's/^\{.*"Package":"([^"]*)"(,"Test":"([^"]*)")?.*/\1 \3/' | cut -c1-200 || true
		return
	done < <(ls -t "$1"/*.log)
}
