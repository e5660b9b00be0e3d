#!/bin/sh
# Runs the engine as a child of this script, as the wings-infer container orders through files in
# the shared volume, and reports what becomes of it. POSIX sh with coreutils or busybox, no more.
# With the argument pre-stop, in groups: waits until wings-infer lets this pod end.
# Files, states and orders: docs/reference/sidecar-contract.md.
set -u

shared=${WINGS_SHARED_DIR:-/shared-volume}
grace_seconds=${WINGS_GRACE_SECONDS:-60}
stop_seconds=${WINGS_STOP_SECONDS:-10}
max_failures=${WINGS_MAX_FAILURES:-5}
pause=${WINGS_POLL_SECONDS:-0.2}
output_seconds=3

order=$shared/start_command.sh
taken=$shared/current_command.sh
stop_order=$shared/stop_order.txt
status=$shared/engine_status.txt
output=$shared/engine_output
last_failure=$shared/engine_failure.txt

in_group=no         # whether this pod is one of several whose engines live and end together
if [ "${LWS_GROUP_SIZE:-1}" -gt 1 ]; then
    in_group=yes
    stop_seconds=${WINGS_GROUP_STOP_SECONDS:-3}
    max_failures=0
fi
beat=$shared/engine_beat.txt
lease=$shared/lease.txt
asked=$shared/pre_stop.txt
released=$shared/released.txt

state=waiting       # what engine_status.txt says
launch=none         # the launch that was taken last; none is ever taken twice
failures=0          # failures in a row before this launch, as the order counts them
engine=             # process id, empty when no engine runs
keeper=             # process id of what keeps the last output
problem=            # a finding people should read, such as an unreadable file
ending=             # why the engine is being stopped: order, replaced, deadline, lease
is_failure=no       # whether that counts as a failure
kill_at=0           # seconds of uptime
terminating=no      # whether this container was told to end
give_up_at=0        # seconds of uptime when a missing release is waited for no longer
oom_kills=          # how often the kernel has killed here for memory; empty when it does not tell

main() {
    trap 'terminating=yes' TERM INT HUP
    try_pause
    [ "$in_group" = no ] || rm -f "$asked" "$released"
    recall
    report waiting
    while :; do
        nap
        read_clock
        [ "$in_group" = no ] || echo "$uptime" >"$beat"
        notice_termination
        if [ -n "$engine" ]; then
            tend_engine
        elif [ "$terminating" = yes ]; then
            say "ends"
            exit 0
        elif read_order "$order" && may_start; then
            start_engine
        fi
    done
}

# No launch is taken twice; in a group none without a lease, nor one that was stopped before it began.
may_start() {
    [ "$ordered" != "$launch" ] || return 1
    [ "$in_group" = no ] || { is_leased "$ordered" && ! read_stop_order "$ordered"; }
}

# A group's engine may run until then, whether wings-infer lives or not.
is_leased() {
    lease_until=0 lease_launch=
    [ -f "$lease" ] && read -r lease_until lease_launch <"$lease"
    [ "$lease_launch" = "$1" ] && [ "$clock" -lt "$lease_until" ]
}

# A script that was killed left its launch and the engine's last lines behind: keep both.
recall() {
    [ -f "$status" ] || return 0
    old_state= old_launch=
    while read -r key value; do
        case $key in
            state:) old_state=$value ;;
            launch:) old_launch=$value ;;
        esac
    done <"$status"
    launch=${old_launch:-none}
    case $old_state in
        starting | running | stopping) keep_failure "was killed together with its container" ;;
    esac
}

# Reads the head of a start command: ordered, failures_before, model.
read_order() {
    ordered= failures_before=0 model=
    [ -f "$1" ] || return 1
    while read -r mark key value; do
        [ "$mark" = '#' ] || [ "$mark" = '#!/bin/sh' ] || break
        case $key in
            launch:) ordered=$value ;;
            failures:) failures_before=$value ;;
            model:) model=$value ;;
        esac
    done <"$1"
    [ -n "$ordered" ]
}

start_engine() {
    cp "$order" "$taken" && read_order "$taken" && may_start || return 0
    launch=$ordered failures=$failures_before ending= is_failure=no
    problem=$(find_unreadable "$model" | tr '\n' ' ')
    [ -z "$problem" ] || say "$problem"
    count_oom_kills
    report starting
    open_output
    say "starts the engine, launch $launch"
    $own_group sh "$taken" >"$output.pipe" 2>&1 &
    engine=$!
    report running
}

# Output goes live to this container's log, byte for byte; the last of it is kept in files of at
# most 1024 reads of 1024 bytes each: dd passes on each read at once and ends after 1024 of them.
open_output() {
    [ -z "$keeper" ] || kill "$keeper" 2>/dev/null
    rm -f "$output".*
    mkfifo "$output.pipe" "$output.copy"
    (trap '' TERM INT HUP PIPE; exec tee "$output.copy" <"$output.pipe") &
    (trap '' INT HUP; keep_output <"$output.copy") &
    keeper=$!
}

keep_output() {
    while dd bs=1024 count=1024 of="$output.2.txt" 2>/dev/null && [ -s "$output.2.txt" ]; do
        [ ! -f "$output.1.txt" ] || mv -f "$output.1.txt" "$output.0.txt"
        mv -f "$output.2.txt" "$output.1.txt"
    done
}

tend_engine() {
    if ! kill -0 "$engine" 2>/dev/null; then
        engine_ended
    elif [ -n "$ending" ]; then
        [ "$clock" -lt "$kill_at" ] || kill_group
    elif [ "$terminating" = yes ] && [ "$clock" -ge "$give_up_at" ]; then
        stop_engine deadline
    elif read_stop_order "$launch"; then
        is_failure=$counts
        stop_engine order
    elif [ "$in_group" = yes ] && ! is_leased "$launch"; then
        stop_engine "its lease is over"
    elif read_order "$order" && [ "$ordered" != "$launch" ]; then
        stop_engine replaced
    fi
}

read_stop_order() {
    to_stop= counts=no
    [ -f "$stop_order" ] || return 1
    while read -r key value; do
        case $key in
            launch:) to_stop=$value ;;
            failure:) counts=$value ;;
        esac
    done <"$stop_order"
    [ "$to_stop" = "$1" ]
}

stop_engine() {
    ending=$1
    kill_at=$((clock + stop_seconds))
    say "stops the engine ($1), launch $launch"
    kill -TERM "$engine" 2>/dev/null
    report stopping
}

engine_ended() {
    wait "$engine"
    code=$?
    kill -s KILL -- "-$engine" 2>/dev/null
    engine=
    await_output
    word=failed
    [ -z "$ending" ] || word=exited
    say "the engine ended with code $code, launch $launch"
    notice_oom_kill
    [ "$word" = exited ] && [ "$is_failure" = no ] || keep_failure "$word with code $code${problem:+: $problem}"
    report "$word $code"
    if [ "$word" = failed ] || [ "$is_failure" = yes ]; then
        count_failure
    fi
}

# The kernel's own count for this container, cgroup version 2 or 1.
count_oom_kills() {
    oom_kills=
    for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
        [ -r "$file" ] || continue
        while read -r key value; do
            [ "$key" != oom_kill ] || oom_kills=$value
        done <"$file"
    done
}

# Where only the engine is killed, kubelet does not see it: this is the only place that can tell.
notice_oom_kill() {
    oom_kills_before=$oom_kills
    count_oom_kills
    [ "$oom_kills" != "$oom_kills_before" ] || return 0
    problem="the kernel killed a process of it: out of memory, more than this container's limit"
    say "$problem"
}

count_failure() {
    [ "$terminating" = no ] || exit "$code"
    [ "$max_failures" -gt 0 ] || return 0
    [ $((failures + 1)) -lt "$max_failures" ] || {
        say "gives up after $((failures + 1)) failures in a row"
        exit "$code"
    }
}

# Whatever the engine leaves running holds its devices: no engine starts beside it.
kill_group() {
    kill -s KILL -- "-$engine" 2>/dev/null || kill -s KILL "$engine" 2>/dev/null
}

# The last lines are on their way through the pipes: wait for them, but never for long: something
# that the engine left behind, out of our reach, may hold the pipe.
await_output() {
    no_longer=$((clock + output_seconds))
    while kill -0 "$keeper" 2>/dev/null && [ "$clock" -lt "$no_longer" ]; do
        nap
        read_clock
    done
}

keep_failure() {
    {
        printf 'launch: %s\nended: %s\ntime: %s\n\n' "$launch" "$1" "$(now)"
        cat "$output.0.txt" "$output.1.txt" "$output.2.txt" 2>/dev/null | tail -n 50 | cut -b 1-2000
    } >"$last_failure.new" 2>/dev/null && mv -f "$last_failure.new" "$last_failure"
}

notice_termination() {
    [ "$terminating" = yes ] && [ "$give_up_at" -eq 0 ] || return 0
    told_at=$clock word=stopping
    if [ "$in_group" = yes ]; then
        word=$state
        [ ! -f "$asked" ] || read -r key told_at <"$asked"
        report "$word"
    fi
    give_up_at=$((told_at + grace_seconds - stop_seconds))
    if [ -n "$engine" ]; then
        say "was told to end: the engine goes on until wings-infer releases it"
        report "$word"
    fi
}

# The hook of a group's pod that ends. A wings-infer that is gone lets the lease run out.
pre_stop() {
    [ "$in_group" = yes ] || exit 0
    try_pause
    read_clock
    leave_at=$((clock + grace_seconds - stop_seconds))
    patience_over=$((clock + 10))
    echo "asked: $clock" >"$asked.new" && mv -f "$asked.new" "$asked"
    while [ ! -f "$released" ] && [ "$clock" -lt "$leave_at" ]; do
        lease_until=0
        [ ! -f "$lease" ] || read -r lease_until key <"$lease"
        [ "$clock" -lt $((lease_until + stop_seconds)) ] || [ "$clock" -lt "$patience_over" ] || exit 0
        nap
        read_clock
    done
}

# Written whole or not at all; for people and for wings-infer.
report() {
    state=$1
    printf 'state: %s\nlaunch: %s\ntime: %s\npid: %s\nterminating: %s\nproblem: %s\n' \
        "$state" "$launch" "$(now)" "${engine:-none}" "$terminating" "$problem" \
        >"$status.new" && mv -f "$status.new" "$status" || say "cannot write $status"
}

# Names what this user cannot read of a model, a folder or a file; no model path, no finding.
find_unreadable() {
    case $1 in
        /*) ;;
        *) return 0 ;;
    esac
    [ -e "$1" ] || echo "$1: not found"
    for path in "$1" "$1"/*; do
        if [ -e "$path" ] && { [ ! -r "$path" ] || { [ -d "$path" ] && [ ! -x "$path" ]; }; }; then
            echo "$path: not readable by uid $(id -u)"
            return 0
        fi
    done
}

now() {
    date -u +%Y-%m-%dT%H:%M:%SZ
}

read_clock() {
    read -r uptime rest </proc/uptime
    clock=${uptime%%.*}
}

# Some sleeps know whole seconds only.
try_pause() {
    sleep "$pause" 2>/dev/null || pause=1
}

# A sleep in the foreground would hold signals up.
nap() {
    sleep "$pause" &
    wait $! 2>/dev/null
}

say() {
    echo "engine-entrypoint: $1" >&2
}

own_group=
if command -v setsid >/dev/null 2>&1; then
    own_group=setsid
fi
if [ "${1:-}" = pre-stop ]; then
    pre_stop
else
    main
fi
