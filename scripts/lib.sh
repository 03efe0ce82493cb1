# Shell functions shared by the scripts of this folder and by .ci/run. Source it, do not run it.

# fail MESSAGE ends the script with one line on standard error.
fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# apt_install PACKAGE... installs what is missing of these Debian packages.
apt_install() {
	local missing=() p sudo=
	for p; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
	done
	((${#missing[@]})) || return 0
	command -v apt-get >/dev/null || fail "needs ${missing[*]}; install them by hand, there is no apt-get here"
	((EUID == 0)) || sudo=sudo
	$sudo apt-get update -qq || fail "apt-get update failed; needed for ${missing[*]}"
	# Only warnings and errors are worth reading; the log is shown when it fails.
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
# What is not given stays empty.
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
