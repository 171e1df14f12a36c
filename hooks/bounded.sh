# shellcheck shell=sh
# Runs a program for at most so many seconds, for a shell that can't wait for less than the end of one (fish):
#   sh bounded.sh SECONDS PROGRAM [ARGUMENT...]
# It ends with all that it started when time is up, or with a Ctrl-C or a hang-up. A NUL ends its output, so that nobody
# waits for what it leaves running. The exit status is the program's; that of one which was ended, 137.
seconds=$1
shift
job='' watch=''
# shellcheck disable=SC2317 # called by the trap
stop() {
  [ -z "$job" ] || kill -s KILL -- "-$job" || kill -s KILL "$job"
  printf '\0'
  exit 130
}
trap stop HUP INT TERM
# Where the shell stands may be gone, or somebody else's; a greeting needs neither.
case $1 in /*) cd / || : ;; esac
if command -v timeout >/dev/null; then
  # That of GNU makes a process group of its own, and ends it as a whole.
  timeout -s KILL "$seconds" "$@" </dev/null &
  job=$!
else
  "$@" </dev/null &
  job=$!
  (
    exec >/dev/null
    sleep "$seconds"
    kill -s KILL "$job"
  ) &
  watch=$!
fi
wait "$job"
status=$?
[ -z "$watch" ] || kill "$watch"
printf '\0'
exit "$status"
