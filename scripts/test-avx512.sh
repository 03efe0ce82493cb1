#!/usr/bin/env bash
# Runs tests of the given packages with the AVX-512 kernels.
# usage: scripts/test-avx512.sh [--emulate] [package folder...] [-- test binary flags]
#   scripts/test-avx512.sh                        simd and the golden hashes of every package
#   scripts/test-avx512.sh simd -- -test.run Gemm -test.v
#
# On a CPU with AVX-512 F, DQ, BW and VL the tests run natively. Elsewhere, or
# with --emulate, they run inside Bochs, a full-system emulator whose Skylake-X
# model has these instructions (qemu's own translator and qemu-user do not): a
# stock Debian kernel boots with an initramfs that holds the test binaries and
# scripts/avx512vm as process 1, which reports over the serial port. Expect half
# a minute to boot and 50 to 300 times native run times after that.
#
# AVX512_STALL: the guest is ended when the emulator has used this many seconds of
# processor time since the guest's last line (default 900), or none at all for two
# minutes. So the limits do not depend on the speed and the load of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

emulate=0
if [[ ${1:-} == --emulate ]]; then
	emulate=1
	shift
fi
split_args "$@"
((${#packages[@]})) || mapfile -t packages < <(isa_packages)

# flags_of PACKAGE prints its test flags, one per line. Tests of several
# instruction sets have a subtest named after each. By default only those
# called avx512 run, because the others run on this CPU natively. Outside simd
# the golden hashes are enough.
flags_of() {
	if ((${#flags[@]})); then
		printf '%s\n' "${flags[@]}"
	elif [[ $1 == simd ]]; then
		printf '%s\n' -test.short -test.v -test.run /avx512
	else
		printf '%s\n' -test.short -test.v -test.run Golden/avx512
	fi
}
export DMAE_SIMD=${DMAE_SIMD:-avx512}
[[ $(uname -sm) == "Linux x86_64" ]] || fail "needs Linux on x86-64, this is $(uname -sm)"

# host_has FLAG... returns whether the CPU and its kernel have all of them.
host_has() {
	local cpu f
	cpu=$(grep -m1 '^flags' /proc/cpuinfo)
	for f; do [[ " $cpu " == *" $f "* ]] || return 1; done
}

work=$(mktemp -d)
vm=
cleanup() {
	[[ -z $vm ]] || kill "$vm" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# check_ran PACKAGE COUNT ends the script if the default selection has no test.
check_ran() {
	((${#flags[@]} || $2)) || fail "no test of $1 has a subtest called avx512; were they renamed?"
}

# run_native runs the packages on this CPU.
run_native() {
	local bad=() pkg bin args passed
	for pkg in "${packages[@]}"; do
		bin=$work/${pkg//\//_}.test
		CGO_ENABLED=0 go test -c -o "$bin" "./$pkg"
		mapfile -t args < <(flags_of "$pkg")
		if (cd "$pkg" && "$bin" "${args[@]}" >"$work/out" 2>&1); then
			passed=$(grep -c -- '--- PASS:.*avx512' "$work/out") || true
			check_ran "$pkg" "$passed"
			printf 'ok  \tavx512 %s\t%d passed\n' "$pkg" "$passed"
		else
			cat "$work/out"
			bad+=("$pkg")
		fi
	done
	((${#bad[@]} == 0)) || fail "AVX-512 tests failed in ${bad[*]}"
}

# guest_kernel prints the path of a Linux kernel image, downloaded once.
guest_kernel() {
	local cache=${XDG_CACHE_HOME:-$HOME/.cache}/godmae/kernel name
	name=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/ *Depends: \(linux-image-.*\)/\1/p' | head -1)
	if [[ -z $name ]]; then
		# The package lists may not have been fetched yet.
		((EUID == 0)) && apt-get update -qq || sudo apt-get update -qq
		name=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/ *Depends: \(linux-image-.*\)/\1/p' | head -1)
	fi
	[[ -n $name ]] || fail "the package linux-image-cloud-amd64 is not to be had here"
	local image=$cache/vmlinuz-${name#linux-image-}
	if [[ ! -f $image ]]; then
		mkdir -p "$cache" "$work/deb"
		(cd "$work/deb" && apt-get download -qq "$name" 2>"$work/apt.log") || { cat "$work/apt.log" >&2; fail "apt-get could not download $name"; }
		dpkg -x "$work"/deb/*.deb "$work/kernel"
		cp "$work/kernel/boot/${image##*/}" "$image.new"
		mv "$image.new" "$image"
		rm -rf "$work/deb" "$work/kernel"
	fi
	printf '%s\n' "$image"
}

# make_image builds $work/boot.iso: boot loader, kernel, initramfs with the tests.
make_image() {
	local root=$work/root iso=$work/iso pkg n=0 kernel
	mkdir -p "$root"/{dev,proc,sys,tmp,bin,src} "$iso/isolinux"
	CGO_ENABLED=0 go build -ldflags='-s -w' -o "$root/init" ./scripts/avx512vm
	: >"$root/jobs"
	for pkg in "${packages[@]}"; do
		n=$((n + 1))
		CGO_ENABLED=0 go test -c -tags static -ldflags='-s -w' -o "$root/bin/$n.test" "./$pkg"
		[[ -f $root/bin/$n.test ]] || fail "$pkg has no tests"
		mkdir -p "$root/src/$pkg"
		[[ ! -d $pkg/testdata ]] || cp -r "$pkg/testdata" "$root/src/$pkg/"
		{ printf '%s\t' "$pkg" "/src/$pkg" "/bin/$n.test" && flags_of "$pkg" | paste -sd '\t'; } >>"$root/jobs"
	done
	# The guest's clock is slow, so Go's test timeout has no use. Two Ps on the one CPU
	# let goroutines interleave. Bochs 2.7 has wrong results for ADCX and ADOX.
	# math/big uses them and gives wrong last digits, so that the exact bounds of a
	# certificate are refined forever.
	printf '%s\n' PATH=/bin HOME=/tmp TMPDIR=/tmp GOMAXPROCS=2 "DMAE_SIMD=$DMAE_SIMD" DMAE_EMULATED=1 GODEBUG=cpu.adx=off >"$root/env"
	(cd "$root" && find . | cpio -o -H newc --quiet) >"$iso/initrd"
	kernel=$(guest_kernel)
	cp "$kernel" "$iso/vmlinuz"
	cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$iso/isolinux/"
	# clearcpuid disables XSAVEC and XSAVES, for which this Bochs reports sizes
	# that make Linux disable AVX. The rest skips slow parts of the boot: cipher
	# self-tests, certificate parsing, tracing tables.
	cat >"$iso/isolinux/isolinux.cfg" <<-'CFG'
		SERIAL 0 115200
		DEFAULT linux
		PROMPT 0
		LABEL linux
		 KERNEL /vmlinuz
		 INITRD /initrd
		 APPEND console=ttyS0,115200 quiet loglevel=4 mitigations=off random.trust_cpu=on tsc=reliable clearcpuid=321,323 cryptomgr.notests initcall_blacklist=trace_eval_init,load_system_certificate_list
	CFG
	xorriso -as mkisofs -quiet -o "$work/boot.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
		-no-emul-boot -boot-load-size 4 -boot-info-table "$iso" 2>"$work/xorriso.log" ||
		{ cat "$work/xorriso.log" >&2; fail "xorriso could not make the boot image"; }
	rm -rf "$root" "$iso"
}

# start_vm starts Bochs in the background and sets vm to its process.
start_vm() {
	# The text display would open a pseudo-terminal, write cursor movements to it and
	# block in write() once its buffer is full, because nothing reads it. The VNC
	# display writes nothing without a connection, and with timeout=0 it does not wait
	# for one.
	cat >"$work/bochsrc" <<-RC
		display_library: rfb, options="timeout=0"
		config_interface: textconfig
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
		cpu: model=corei7_skylake_x, count=1, ips=100000000, reset_on_triple_fault=0
		memory: guest=2048, host=2048
		clock: sync=none, time0=local
		ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
		ata0-master: type=cdrom, path=$work/boot.iso, status=inserted
		boot: cdrom
		com1: enabled=1, mode=file, dev=$work/serial
		log: $work/bochs.log
		panic: action=fatal
		error: action=ignore
		info: action=ignore
		sound: waveoutdrv=dummy
	RC
	# Debian's build stops in its debugger first: "c" lets it run.
	echo c >"$work/bochs.cmd"
	: >"$work/serial"
	# Connections are prevented by a separate network namespace where that is
	# allowed.
	local alone=()
	! unshare -rn true 2>/dev/null || alone=(unshare -rn)
	"${alone[@]}" bochs -q -f "$work/bochsrc" -rc "$work/bochs.cmd" >"$work/screen" 2>&1 </dev/null &
	vm=$!
}

# vm_seconds prints the processor time that the emulator has used.
vm_seconds() {
	local stat
	# Fields 14 and 15, in ticks; the name, field 2, is in parentheses.
	read -r stat 2>/dev/null <"/proc/$vm/stat" || stat="0 () R 0 0 0 0 0 0 0 0 0 0 0 0"
	stat=${stat##*) }
	set -- $stat
	echo $(((${12} + ${13}) / $(getconf CLK_TCK)))
}

# give_up REASON ends the script and prints the state of the guest.
give_up() {
	tail -n 20 "$work/serial" >&2
	tail -n 3 "$work/screen" >&2
	[[ ! -f $work/bochs.log ]] || tail -n 3 "$work/bochs.log" >&2
	fail "$1"
}

# watch_guest prints every minute what the guest is doing and ends it if it makes
# no progress. It shares the variables of report, which calls it if there is
# nothing to read.
watch_guest() {
	local used
	((SECONDS > looked + 4)) || return 0
	looked=$SECONDS used=$(vm_seconds)
	if ((used > vm_used)); then
		vm_used=$used vm_moved=$SECONDS
	elif ((SECONDS - vm_moved >= 120)) && kill -0 "$vm" 2>/dev/null; then
		give_up "the emulator sleeps: no processor time in two minutes, $(sed -n 's/^State:[[:space:]]*/state /p' "/proc/$vm/status"), in ${doing:-the boot}"
	fi
	((heard >= 0)) || heard=$used
	if ((used - heard >= stall)); then
		give_up "the guest said nothing for $((used - heard)) s of processor time in ${doing:-the boot}; raise AVX512_STALL or give fewer tests"
	fi
	if ((SECONDS - told >= 60)); then
		told=$SECONDS
		printf '.. avx512 guest, %d s: %s, %d s of processor time since its last line\n' $((SECONDS - start)) "${doing:-booting}" $((used - heard))
	fi
}

# report reads the serial port and prints the guest's lines. It returns the
# number of failed jobs, or ends the script if the guest crashed.
report() {
	local line verdict= name= begun=0 start=$SECONDS job=0 passed=0 status
	local stall=${AVX512_STALL:-900} looked=$SECONDS told=$SECONDS vm_used=-1 vm_moved=$SECONDS heard=0 doing=
	while :; do
		if ! IFS= read -r line <&3; then
			# The end of the output so far; keep the partial line.
			partial=${partial:-}$line
			if ! kill -0 "$vm" 2>/dev/null; then break; fi
			watch_guest
			sleep 0.2
			continue
		fi
		line=${partial:-}${line%$'\r'}
		partial= heard=-1 # watch_guest notes the time
		case $line in
		@@BEGIN*)
			begun=1
			printf 'guest is up after %d s\n' $((SECONDS - start))
			;;
		"@@JOB "*) name=${line#@@JOB } job=$SECONDS passed=0 doing=$name ;;
		"@@DONE "*)
			status=${line#@@DONE "$name" }
			if [[ $status == ok ]]; then
				check_ran "$name" "$passed"
				printf 'ok  \tavx512 %s\t%ds\t%d passed\n' "$name" $((SECONDS - job)) "$passed"
			else
				printf 'FAIL\tavx512 %s\t%ds\t%s\n' "$name" $((SECONDS - job)) "$status"
			fi
			;;
		"@@EXIT "*)
			verdict=${line#@@EXIT }
			break
			;;
		*"Kernel panic"*) give_up "the guest's kernel stopped: $line" ;;
		*)
			((begun)) || continue
			[[ $line != "=== RUN"* ]] || doing="$name ${line#=== RUN }"
			[[ $line != *"--- PASS:"*avx512* ]] || passed=$((passed + 1))
			# Passed tests are only counted, unless flags are given.
			[[ ${#flags[@]} == 0 && $line =~ ^(===|PASS|" "*"--- PASS:"|"--- PASS:") ]] || printf '%s\n' "$line"
			;;
		esac
	done 3<"$work/serial"
	if [[ -z $verdict ]]; then
		give_up "the guest ended without a verdict"
	fi
	((verdict == 0)) || fail "AVX-512 tests failed in $verdict package(s)"
}

if ((!emulate)) && host_has avx512f avx512dq avx512bw avx512vl; then
	run_native
else
	scripts/install-emulators.sh avx512
	make_image
	start_vm
	report
fi
