#!/bin/sh
# Installs wt and its shell hooks under a prefix, and lets the login shell read the hook. What it installs is built from the
# checkout that this lies in, or lies ready beside this in an unpacked release; the copy that lies in an installation wires
# and removes that one.
# Every check comes before the first change. An rc file is bytes here: it is cut at lines and never decoded.
# Long, for it runs before anything of the project is built or loaded: one file that a reader can go through from its top.
set -eu

usage() {
  cat <<'END'
usage: ./install.sh [--shell bash|zsh|fish|all] [--prefix DIR] [--no-modify-rc] [--pick] [--dry-run] [--uninstall] [--node]
                    [--from FILE]

  --shell NAME     the shell to wire: bash, zsh, fish or all (default: the login shell, from $SHELL)
  --prefix DIR     install below DIR (default: ~/.local)
  --no-modify-rc   leave the rc files alone
  --modify-rc      add the lines again where they were removed or commented out by hand, or are another prefix's
  --pick           open the picker after the greeting (--no-pick: no longer)
  --node           install the Node build in place of the native one
  --from FILE      install what is in this watchtower-VERSION-linux-ARCH.tar.gz, once SHA256SUMS beside it vouches for it
  --dry-run        say what would be done, change nothing
  --uninstall      take everything out again; rc files become byte for byte what they were
  --help           this text
END
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
refuse() {
  printf 'install.sh: %s\n' "$*" >&2
  usage >&2
  exit 2
}

# Says what is done, or in a rehearsal what would be ($1: the verb, $2: what was done, $3: to what). Every step that changes
# something says it by this and then does it, unless dry_run is y: so the rehearsal is the same code.
step() {
  if [ "$dry_run" = y ]; then say "would $1 $3"; else say "  $2 $3"; fi
}

# Runs a command, its input empty, for at most $1 seconds; false when it failed or had to be ended.
bounded() {
  bounded_left=$1
  shift
  "$@" </dev/null &
  bounded_pid=$!
  (
    while [ "$bounded_left" -gt 0 ] && kill -0 "$bounded_pid"; do
      sleep 1
      bounded_left=$((bounded_left - 1))
    done
    kill -KILL "$bounded_pid"
  ) >/dev/null 2>&1 &
  bounded_watch=$!
  bounded_status=0
  wait "$bounded_pid" 2>/dev/null || bounded_status=$?
  kill "$bounded_watch" 2>/dev/null || :
  wait "$bounded_watch" 2>/dev/null || :
  return "$bounded_status"
}

# A word as the shells read it, whatever is in it.
quote() {
  printf "'"
  printf %s "$1" | sed "s/'/'\\\\''/g"
  printf "'"
}

# The same for fish, where a backslash counts between quotes, too.
quote_for_fish() {
  printf "'"
  printf %s "$1" | sed "s/[\\\\']/\\\\&/g"
  printf "'"
}

# ---- the block in an rc file -------------------------------------------------------------------------------------

no_newline_note='# The last line had no newline before these.'
made_note='# install.sh made this file.'
folders_note='# install.sh made folders for it: '

# The lines from the first marker to the last: shell, then y for a file that didn't exist, y for one without a last newline.
block() {
  say '# >>> watchtower >>>'
  say '# Greets at an SSH login with the Claude Code sessions of this box. Removed by: wt uninstall'
  [ "$2" != y ] || say "$made_note"
  [ "$made_folders" = 0 ] || say "$folders_note$made_folders"
  [ "$3" != y ] || say "$no_newline_note"
  [ "$pick" != y ] || pick_line "$1"
  hook_line "$1"
  say '# <<< watchtower <<<'
}

# The line that opens the picker after the greeting in shell $1.
pick_line() {
  case $1 in fish) say 'set -g WT_PICK 1' ;; *) say 'WT_PICK=1' ;; esac
}

# The line that reads the hook of shell $1.
hook_line() {
  case $1 in
    fish)
      block_hook=$(quote_for_fish "$share/hooks/wt.$1" && printf x)
      block_hook=${block_hook%x}
      say "if test -r $block_hook; source $block_hook; end"
      ;;
    *)
      block_hook=$(quote "$share/hooks/wt.$1" && printf x)
      block_hook=${block_hook%x}
      say "if [ -r $block_hook ]; then . $block_hook; fi"
      ;;
  esac
}

# The hook that the lines of a block on the input read.
hook_of() {
  sed -n -e "s/^if \[ -r '\(.*\)' \]; then \. .*/\1/p" -e "s/^if test -r '\(.*\)'; source .*/fish:\1/p" \
    | sed -e '/^fish:/!'"s/'\\\\''/'/g" -e '/^fish:/s/\\\(.\)/\1/g' -e 's/^fish://'
}

# The numbers of the lines in file $2 that are markers of the kind $1; a CR or spaces around them don't count.
marks() {
  LC_ALL=C grep -anE "^[[:space:]]*# $1 watchtower $1[[:space:]]*\$" "$2" 2>/dev/null | cut -d: -f1 | tr '\n' ' '
}

# Prints the lines of $1 from $2 to $3.
lines() { [ "$3" -lt "$2" ] || head -n "$3" "$1" | tail -n "+$2"; }

# Looks at an rc file. Sets found: none, live, theirs (it reads the hook of another prefix, which is there: whose), off
# (commented out by hand) or damaged (and why); first and last, its lines.
inspect() {
  found=none why='' first=0 last=0
  [ -f "$1" ] || return 0
  begins=$(marks '>>>' "$1")
  ends=$(marks '<<<' "$1")
  # shellcheck disable=SC2086 # numbers
  set -- "$1" $begins
  count_begin=$(($# - 1)) first=${2:-0}
  # shellcheck disable=SC2086 # numbers
  set -- "$1" $ends
  count_end=$(($# - 1)) last=${2:-0}
  if [ "$count_begin" = 0 ] && [ "$count_end" = 0 ]; then
    ! LC_ALL=C grep -aqE '^[[:space:]]*#+[[:space:]]*# >>> watchtower >>>' "$1" || found=off
  elif [ "$count_begin" = 0 ]; then
    found=damaged why="line $last ends a watchtower block that nothing begins"
  elif [ "$count_end" = 0 ]; then
    found=damaged why="the watchtower block that begins in line $first has no end"
  elif [ "$count_begin" -gt 1 ] || [ "$count_end" -gt 1 ]; then
    found=damaged why="there is more than one watchtower block or marker (lines $begins$ends)"
  elif [ "$last" -lt "$first" ]; then
    found=damaged why="the watchtower block ends in line $last before it begins in line $first"
  elif lines "$1" "$first" "$last" | LC_ALL=C grep -aqE '^[[:space:]]*[^#[:space:]].*/hooks/wt\.(bash|zsh|fish)'; then
    found=live
    whose=$(lines "$1" "$first" "$last" | hook_of)
    case $whose in
      "$share"/hooks/*) ;;
      *) [ ! -r "$whose" ] || found=theirs ;;
    esac
  else
    found=off
  fi
}

in_block() { lines "$1" "$first" "$last" | tr -d '\r' | LC_ALL=C grep -aqxF "$2"; }

# Prints file $1 without its last byte.
chop() {
  chop_size=$(wc -c <"$1")
  head -c "$((chop_size - 1))" "$1"
}

ends_in_newline() { [ ! -s "$1" ] || [ "$(tail -c 1 "$1" | wc -l)" -eq 1 ]; }

# Writes what rc file $1 holds without its block (lines first to last) to $2.
without_block() {
  above=$((first - 1))
  # The empty line above came with the block.
  if [ "$above" -gt 0 ] && [ -z "$(lines "$1" "$above" "$above" | tr -d '\r')" ]; then above=$((above - 1)); fi
  lines "$1" 1 "$above" >"$2"
  tail -n "+$((last + 1))" "$1" >"$scratch/below"
  if [ ! -s "$scratch/below" ] && [ -s "$2" ] && in_block "$1" "$no_newline_note" && ends_in_newline "$2"; then
    chop "$2" >"$scratch/chopped"
    cat "$scratch/chopped" >"$2"
  fi
  cat "$scratch/below" >>"$2"
}

# Writes what rc file $1 holds with the block of shell $2, added or renewed in place, to $3. WT_PICK stays as it was in the
# block where nothing was said of it.
with_block() {
  made=n no_newline=n pick=$want_pick
  if [ "$last" -gt 0 ]; then
    made_folders=$(folders_made "$1")
    ! in_block "$1" "$made_note" || made=y
    ! in_block "$1" "$no_newline_note" || no_newline=y
    if [ -z "$pick" ] && in_block "$1" "$(pick_line "$2")"; then pick=y; fi
    lines "$1" 1 "$((first - 1))" >"$3"
    block "$2" "$made" "$no_newline" >>"$3"
    tail -n "+$((last + 1))" "$1" >>"$3"
    return
  fi
  : >"$3"
  made_folders=0
  if [ ! -f "$1" ]; then
    made=y
    case $2 in
      fish)
        missing_folders "$1"
        made_folders=$missing
        ;;
    esac
  else
    cat "$1" >"$3"
    ends_in_newline "$1" || no_newline=y
  fi
  [ "$no_newline" = n ] || say >>"$3"
  say >>"$3"
  block "$2" "$made" "$no_newline" >>"$3"
}

# How many folders were made for the file $1 (its block: lines first to last), as its block tells.
folders_made() {
  folders=$(lines "$1" "$first" "$last" | tr -d '\r' | LC_ALL=C sed -n "s/^$folders_note\([0-9]\)\$/\1/p" | head -n 1)
  say "${folders:-0}"
}

# Sets missing to how many of the folders that $1 is to be in aren't there, and above to the nearest one that is.
missing_folders() {
  missing=0 above=${1%/*}
  while [ -n "$above" ] && [ ! -e "$above" ] && [ ! -L "$above" ]; do
    missing=$((missing + 1)) above=${above%/*}
  done
}

# True when the rc file $2 of shell $1 may be written. Only fish's is in a folder that is made for it.
can_write() {
  missing=0
  case $1 in fish) missing_folders "$2" ;; esac
  if [ "$missing" = 0 ]; then
    writable "$2"
  else
    [ -d "${above:-/}" ] && [ -w "${above:-/}" ]
  fi
}

# Makes the folders that $1 is to be in.
make_rc_folders() {
  missing_folders "$1"
  [ "$missing" != 0 ] || return 0
  step make made "${1%/*}"
  [ "$dry_run" = y ] || mkdir -p "${1%/*}"
}

# Removes the folders of $1, $2 of them from the last one up, as far as nothing is in them.
remove_rc_folders() {
  folder=${1%/*} folders=$2
  while [ "$folders" -gt 0 ]; do
    if [ "$dry_run" = y ]; then
      say "would remove $folder if nothing else is in it"
    elif rmdir "$folder" 2>/dev/null; then
      step remove removed "$folder"
    else
      return 0
    fi
    folder=${folder%/*} folders=$((folders - 1))
  done
}

# Sets target to the file that $1 is in the end, through every symbolic link, also where that doesn't exist.
resolve() {
  target=$1
  hops=0
  while [ -L "$target" ]; do
    hops=$((hops + 1))
    [ "$hops" -le 40 ] || return 1
    link=$(readlink "$target" && printf x)
    link=${link%?x}
    case $link in
      /*) target=$link ;;
      *) target=${target%/*}/$link ;;
    esac
  done
}

# True when the text of $1 may be replaced. (Root may write anything; a file without its owner's w bit is still read-only.)
writable() {
  resolve "$1" || return 1
  if [ -e "$target" ]; then
    [ -f "$target" ] && [ -r "$target" ] && [ -w "$target" ] || return 1
    case $(ls -ld "$target") in
      ??w*) return 0 ;;
      *) return 1 ;;
    esac
  fi
  case $target in
    */*) [ -d "${target%/*}" ] && [ -w "${target%/*}" ] ;;
    *) return 1 ;;
  esac
}

# Puts the bytes of $2 into rc file $1: beside it and renamed, so that mode and owner stay; in place where a rename
# can't be (a mount point, a folder that can't be written) or would lose something (a hard link, another's ownership).
# When it fails the file is what it was.
replace() {
  resolve "$1"
  # shellcheck disable=SC2012 # links and owner: find has no portable way to print them
  if [ "$(ls -ldn "$target" 2>/dev/null | awk -v user="$(id -u)" 'NR == 1 && ($2 > 1 || user && $3 != user)')" = '' ] \
    && beside=$(mktemp "${target%/*}/.wt-rc.XXXXXX" 2>/dev/null && printf x); then
    beside=${beside%?x}
    if ! { like_target "$beside" && cat "$2" >"$beside"; }; then
      rm -f "$beside"
      return 1
    fi
    ! mv -f "$beside" "$target" 2>/dev/null || return 0
    rm -f "$beside"
  fi
  [ ! -e "$target" ] || cp "$target" "$scratch/before" || return 1
  cat "$2" >"$target" || {
    [ ! -e "$scratch/before" ] || cat "$scratch/before" >"$target"
    return 1
  }
}

# Gives $1 the mode and owner of the target, or those of a file made anew.
like_target() {
  if [ -e "$target" ]; then cp -p "$target" "$1"; else chmod "$(printf '%o' "$((0666 & ~0$(umask)))")" "$1"; fi
}

# ---- which rc files ------------------------------------------------------------------------------------------------

# Sets rc to the rc file of shell $1.
rc_of() {
  case $1 in
    bash) rc=$HOME/.bashrc ;;
    zsh) rc=${zdotdir:-$HOME}/.zshrc ;;
    fish) rc=${XDG_CONFIG_HOME:-$HOME/.config}/fish/conf.d/watchtower.fish ;;
  esac
}

# Prints the program of shell $1: the login shell, else the one on PATH; fails where there is none.
program_of() {
  case $login_shell in
    /*/"$1")
      if [ -x "$login_shell" ]; then
        say "$login_shell"
        return
      fi
      ;;
  esac
  command -v "$1"
}

# Sets zdotdir to the folder of zsh's rc files. zsh itself is asked, for any file that .zshenv reads may set it. Where it
# doesn't answer, this fails and leaves what this shell knows.
ask_zdotdir() {
  zdotdir=${ZDOTDIR-}
  zsh=$(program_of zsh) || return 0
  rm -f "$scratch/zdotdir"
  # shellcheck disable=SC2016 # for zsh
  bounded 10 "$zsh" -c 'print -rn -- "${ZDOTDIR-}x" >"$1"' zsh "$scratch/zdotdir" >/dev/null 2>&1 || return 1
  zdotdir=$(cat "$scratch/zdotdir") || return 1
  zdotdir=${zdotdir%x}
}

# The note that rc file $1 was wired once: its absence later means that the user took the block out.
note_of() {
  note=$wired/$(printf %s "$1" | { cksum 2>/dev/null || sha256sum; } | tr ' ' -)
}

# Names the shells to wire in $shells, and in $unwired why one isn't.
choose_shells() {
  case $shell in
    all) shells='bash zsh fish' ;;
    bash | zsh | fish) shells=$shell ;;
    *)
      case ${login_shell##*/} in
        bash | zsh | fish) shells=${login_shell##*/} ;;
      esac
      ;;
  esac
  case ${login_shell##*/} in
    bash | zsh | fish) ;;
    *) unwired="The login shell, ${login_shell:-unknown}, can't be wired: only bash, zsh and fish can (--shell names one). wt itself works everywhere." ;;
  esac
  case " $shells " in
    *' zsh '*)
      if ! ask_zdotdir; then
        unwired="zsh is not wired: it doesn't say where its .zshrc is. Does it start? If so, say where: ZDOTDIR=DIR ./install.sh --shell zsh"
        shells=$(say "$shells" | sed 's/ *zsh//')
      fi
      ;;
  esac
}

# Names each shell that is to be wired and too old for its hook.
check_versions() {
  for name in $shells; do
    program=$(program_of "$name") || continue
    # shellcheck disable=SC2016 # for that shell
    case $name in
      fish) set -- --no-config -c 'source $argv[1]; and __wt_guard_shell; and printf %s "$__wt_why"' "$PWD/hooks/guard.fish" ;;
      *) set -- -c '. "$1" && __wt_guard_shell && printf %s "$__wt_why"' sh "$PWD/hooks/guard.sh" ;;
    esac
    case $name in zsh) set -- -f "$@" ;; esac
    # (A fish makes folders wherever it is at home.)
    bounded 10 env HOME="$scratch" XDG_CONFIG_HOME="$scratch" XDG_DATA_HOME="$scratch" BASH_ENV= "$program" "$@" \
      >"$scratch/version" 2>/dev/null || continue
    [ ! -s "$scratch/version" ] || say "$program won't greet: $(cat "$scratch/version")."
  done
}

# ---- checks ----------------------------------------------------------------------------------------------------------

check_home() {
  case ${HOME-} in
    /*) ;;
    *) fail 'HOME is not set to a folder.' ;;
  esac
  [ -d "$HOME" ] || fail "HOME is $HOME, which is no folder."
  user=$(id -u)
  # shellcheck disable=SC2012 # find has no portable way to print an owner
  owner=$(ls -ldn "$HOME/." | awk 'NR == 1 { print $3 }')
  [ "$owner" = "$user" ] || fail "HOME is $HOME, which belongs to another user (uid $owner, you are $user). Run it as that user, without sudo."
  if [ -n "${SUDO_USER-}" ] && [ "$SUDO_USER" != "$(id -un)" ]; then
    passwd_home=$(getent passwd "$user" 2>/dev/null | cut -d: -f6)
    [ "$HOME" = "${passwd_home:-$HOME}" ] || fail "HOME is $HOME, not the home of $(id -un). Run it as the user who logs in, without sudo."
    say "Note: under sudo this installs for $(id -un), not for $SUDO_USER."
  fi
}

check_tools() {
  command -v node >/dev/null 2>&1 || fail 'Node 20 or newer is needed and there is no node on PATH. Nothing was changed.'
  node_version=$(node -p 'process.versions.node' 2>/dev/null) || fail 'node does not run. Nothing was changed.'
  [ "${node_version%%.*}" -ge 20 ] 2>/dev/null || fail "Node 20 or newer is needed; this is $node_version. Nothing was changed."
  command -v npm >/dev/null 2>&1 || fail 'npm is needed and is not on PATH. Nothing was changed.'
}

# An rc that can't be written ends the run before anything is changed, with the lines to add by hand.
check_rcs() {
  for name in $shells; do
    rc_of "$name"
    resolve "$rc" || fail "$rc is a symbolic link that leads nowhere. Nothing was changed."
    inspect "$rc"
    [ "$found" != damaged ] || fail "$rc: $why. Mend or remove it by hand; nothing was changed."
    plan "$rc"
    [ "$planned" != leave ] || continue
    if ! can_write "$name" "$rc"; then
      {
        say "install.sh: $rc can't be written, and nothing was changed. Add these lines to it where it comes from,"
        say 'then run ./install.sh --no-modify-rc:'
        say
        pick=$want_pick
        block "$name" n n
      } >&2
      exit 1
    fi
  done
}

# What is to be done with rc file $1, after inspect: add, renew or leave.
plan() {
  note_of "$1"
  case $found in
    live) planned=renew ;;
    theirs | off) planned=leave ;;
    none) if [ -f "$note" ]; then planned=leave; else planned=add; fi ;;
  esac
  if [ "$planned" = leave ] && [ "$modify_rc" = again ]; then planned=add; fi
}

# Says of rc file $1 why it is left alone.
say_left() {
  case $found in
    theirs) step leave left "$1 alone: it reads the hook of another prefix, $whose (--modify-rc takes it over)" ;;
    *) step leave left "$1 alone: the watchtower lines were taken out or commented out there (--modify-rc adds them again)" ;;
  esac
}

# ---- a release -----------------------------------------------------------------------------------------------------

# Leaves the executable that lies beside this in $program, once it has run here; else says why it doesn't, and what would.
take_release() {
  read -r version target <release || fail 'the file release, which says what this is, is damaged: unpack it again. Nothing was changed.'
  kind=native program=wt
  package="With Node 20 or newer: npm install -g watchtower-$version.tgz. Nothing was changed."
  [ "$want_node" = n ] || fail "this release holds the native build alone. $package"
  ! ./wt --version >"$scratch/log" 2>&1 || return 0
  fitting=$(fitting_target) || fail "there is no native build for this machine, $(uname -s) on $(uname -m). $package"
  [ "$target" = "$fitting" ] \
    || fail "this release is for $target, and this machine is $fitting: take watchtower-$version-$fitting.tar.gz. Nothing was changed."
  case $target:$(cat "$scratch/log") in
    *'ermission denied'*)
      fail "no program may run below $PWD (noexec?): unpack it elsewhere (with --from, TMPDIR names where). Nothing was changed."
      ;;
    *-musl:*libstdc++* | *-musl:*libgcc*) fail 'the C++ library is missing: apk add libstdc++. Nothing was changed.' ;;
    linux-x64*)
      LC_ALL=C grep -qw sse4_2 /proc/cpuinfo 2>/dev/null \
        || fail "this processor lacks SSE 4.2, which the native build needs. $package"
      ;;
  esac
  cat "$scratch/log" >&2
  fail "the program of this release does not run here. $package"
}

# Prints which release is for this machine; fails where none is.
fitting_target() {
  case $(uname -s):$(uname -m) in
    Linux:x86_64 | Linux:amd64) fitting_cpu=x64 fitting_loader=/lib64/ld-linux-x86-64.so.2 ;;
    Linux:aarch64 | Linux:arm64) fitting_cpu=arm64 fitting_loader=/lib/ld-linux-aarch64.so.1 ;;
    *) return 1 ;;
  esac
  fitting_libc=''
  if [ ! -e "$fitting_loader" ]; then
    for found in /lib/ld-musl-*; do [ ! -e "$found" ] || fitting_libc=-musl; done
  fi
  say "linux-$fitting_cpu$fitting_libc"
}

# Prints the SHA-256 of file $1.
sum_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum <"$1"
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 <"$1"
  else
    openssl dgst -r -sha256 <"$1"
  fi 2>/dev/null | cut -d ' ' -f 1
}

# Unpacks release $from in the scratch folder and leaves its folder in $unpacked; ends the run unless SHA256SUMS beside it has
# the sum of exactly these bytes, and nothing but files and folders is in it, all of them below one folder.
unpack() {
  sums=${from%/*}/SHA256SUMS
  if [ ! -f "$from" ] || [ ! -r "$from" ]; then fail "$from can't be read. Nothing was changed."; fi
  if [ ! -f "$sums" ] || [ ! -r "$sums" ]; then
    fail "there is no SHA256SUMS beside $from to vouch for it: fetch that, too. Nothing was changed."
  fi
  # A copy: what is vouched for is what is unpacked.
  cp "$from" "$scratch/release.tar.gz" || fail "there is no room below ${TMPDIR:-/tmp} (TMPDIR names another folder). Nothing was changed."
  # shellcheck disable=SC2016 # for awk
  expected=$(wt_name=${from##*/} awk '$2 == ENVIRON["wt_name"] || $2 == "*" ENVIRON["wt_name"] { print $1 }' "$sums")
  [ -n "$expected" ] || fail "$sums does not name ${from##*/}, so nothing vouches for it. Nothing was changed."
  actual=$(sum_of "$scratch/release.tar.gz") || :
  [ "${#actual}" = 64 ] || fail 'there is no sha256sum, shasum or openssl here to check the sum with. Nothing was changed.'
  [ "$actual" = "$expected" ] || fail "$from is damaged or another file: its sum is not the one in SHA256SUMS. Nothing was changed."

  if ! tar -tzf "$scratch/release.tar.gz" >"$scratch/names" 2>/dev/null || ! tar -tvzf "$scratch/release.tar.gz" >"$scratch/entries" 2>/dev/null; then
    fail "$from can't be unpacked: tar or gzip is missing, or it is no .tar.gz. Nothing was changed."
  fi
  top=$(head -n 1 "$scratch/names")
  top=${top%%/*}
  if ! say "$top" | LC_ALL=C grep -qxE 'watchtower-[0-9][A-Za-z0-9.+-]*' \
    || LC_ALL=C grep -qvE "^$top/[A-Za-z0-9._/-]*\$" "$scratch/names" || LC_ALL=C grep -qE '(^|/)\.\.(/|$)' "$scratch/names" \
    || LC_ALL=C grep -qv '^[d-]' "$scratch/entries"; then
    fail "$from holds names or links that no release has. Nothing was changed."
  fi
  mkdir "$scratch/unpacked"
  tar -xzf "$scratch/release.tar.gz" -C "$scratch/unpacked" 2>/dev/null \
    || fail "there is no room to unpack it below ${TMPDIR:-/tmp} (TMPDIR names another folder). Nothing was changed."
  rm -f "$scratch/release.tar.gz"
  unpacked=$scratch/unpacked/$top
  if [ ! -f "$unpacked/install.sh" ] || [ ! -f "$unpacked/release" ]; then fail "$from is no release of watchtower. Nothing was changed."; fi
}

# Installs release $from by the install.sh that is in it.
install_from() {
  unpack
  set -- --prefix "$prefix"
  [ -z "$shell" ] || set -- "$@" --shell "$shell"
  case $modify_rc in no) set -- "$@" --no-modify-rc ;; again) set -- "$@" --modify-rc ;; esac
  case $want_pick in y) set -- "$@" --pick ;; n) set -- "$@" --no-pick ;; esac
  [ "$dry_run" = n ] || set -- "$@" --dry-run
  [ "$want_node" = n ] || set -- "$@" --node
  status=0
  sh "$unpacked/install.sh" "$@" || status=$?
  return "$status"
}

# ---- install -------------------------------------------------------------------------------------------------------

run() {
  if ! "$@" >"$scratch/log" 2>&1; then
    cat "$scratch/log" >&2
    return 1
  fi
}

# True when node_modules holds what package-lock.json names, the build tools too: what leaves them out (NODE_ENV=production,
# omit=dev) leaves the same time stamp.
has_dependencies() {
  current node_modules/.package-lock.json package-lock.json && [ -e node_modules/.bin/bun ] && [ -e node_modules/.bin/rolldown ]
}

bun_runs() { node_modules/.bin/bun --version >/dev/null 2>&1; }

# True when file $1 is there and nothing that it's made from is newer.
current() {
  newer=$1
  shift
  [ -f "$newer" ] && [ -z "$(find "$@" -newer "$newer" 2>/dev/null | head -n 1)" ]
}

# Leaves the program to install in $program, and its kind in $kind.
build() {
  if [ "$dry_run" = y ]; then
    has_dependencies || say 'would run npm ci in this folder'
    say 'would build dist/ in this folder unless it is current'
    kind=native program=dist/wt
    if [ "$want_node" = y ]; then kind=node program=dist/wt.mjs; fi
    return
  fi
  if ! has_dependencies; then
    say 'Fetching the dependencies …'
    run npm ci --include=dev --logs-max=0 --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=1000 \
      || fail 'npm could not fetch the dependencies (is the network there?). Nothing was installed or changed.'
    # Where npm may not run scripts, bun's package is a placeholder until this has run.
    bun_runs || node node_modules/bun/install.js >/dev/null 2>&1 || :
  fi
  kind=native program=dist/wt
  if ! bun_runs; then
    say 'Bun does not run here, so this installs the Node build.'
    kind=node
  elif [ "$want_node" = y ]; then
    kind=node
  fi
  if [ "$kind" = native ]; then
    if ! current dist/wt src .native.mjs package.json package-lock.json; then
      say 'Building …'
      run npm run --logs-max=0 build:native || fail 'the build failed. Nothing was installed or changed.'
    fi
    dist/wt --version >/dev/null 2>&1 || {
      say 'The native build does not run here, so this installs the Node build.'
      kind=node
    }
  fi
  [ "$kind" = node ] || return 0
  program=dist/wt.mjs
  if ! current dist/wt.mjs src .rolldown.mjs package.json package-lock.json; then
    say 'Building …'
    run npm run --logs-max=0 build:node || fail 'the build failed. Nothing was installed or changed.'
  fi
  node dist/wt.mjs --version >/dev/null 2>&1 || fail 'the build does not run. Nothing was installed or changed.'
}

# Copies file $1 to $2 with mode $3, beside it and renamed: a wt or a shell that runs keeps the old one.
put() {
  if [ -f "$2" ] && [ ! -L "$2" ] && cmp -s "$1" "$2"; then
    step keep kept "$2, which is current"
    return
  fi
  step write wrote "$2"
  [ "$dry_run" = n ] || return 0
  put_beside=$2.new.$$
  if ! { cp "$1" "$put_beside" && chmod "$3" "$put_beside" && mv -f "$put_beside" "$2"; }; then
    rm -f "$put_beside"
    fail "$2 could not be written."
  fi
}

# Prints the path of a folder below the prefix; `prefix` is that itself.
absolute() {
  case $1 in prefix) say "$prefix" ;; *) say "$prefix/$1" ;; esac
}

# Makes the folders to install into, and notes which were not there: they go with wt, if they are empty.
make_folders() {
  {
    for folder in prefix bin share share/man share/man/man1; do [ -d "$(absolute "$folder")" ] || say "$folder"; done
    # wt makes these as it runs.
    [ -d "$cache" ] || say cache
    [ -d "$state" ] || say state
  } >"$scratch/made"
  mkdir -p "$bin" "$share/hooks" "$wired" "${man_page%/*}" || fail "$prefix can't be written."
  [ ! -s "$scratch/made" ] || cat "$scratch/made" >>"$share/made"
}

# True when file $1 is a man page of ours, not of another program that is called wt.
is_our_page() { LC_ALL=C grep -aq '^\.TH WT 1 "" "wt ' "$1" 2>/dev/null; }

install_files() {
  [ "$dry_run" = y ] || make_folders
  if [ "$kind" = node ]; then
    # Node takes a file for an ES module by its name, so wt is a link to one that says so.
    put "$program" "$share/wt.mjs" 755
    step write wrote "$bin/wt"
    [ "$dry_run" = y ] || { ln -s ../share/wt/wt.mjs "$bin/wt.new.$$" && mv -f "$bin/wt.new.$$" "$bin/wt"; } \
      || fail "$bin/wt could not be written."
  else
    put "$program" "$bin/wt" 755
    [ "$dry_run" = y ] || rm -f "$share/wt.mjs"
  fi
  for hook in hooks/*; do
    put "$hook" "$share/hooks/${hook##*/}" 644
  done
  put install.sh "$share/install.sh" 755
  if [ ! -e "$man_page" ] || is_our_page "$man_page"; then
    [ "$dry_run" = y ] || "$bin/wt" help --man </dev/null >"$scratch/page" 2>/dev/null || :
    if [ "$dry_run" = y ] || is_our_page "$scratch/page"; then put "$scratch/page" "$man_page" 644; fi
  fi
}

# Puts the block into the rc file of each shell, or says why not.
wire() {
  for name in $shells; do
    rc_of "$name"
    inspect "$rc"
    plan "$rc"
    if [ "$planned" = leave ]; then
      say_left "$rc"
      continue
    fi
    with_block "$rc" "$name" "$scratch/rc"
    if [ -f "$rc" ] && cmp -s "$rc" "$scratch/rc"; then
      step keep kept "$rc, which is as it should be"
    else
      case $name in fish) make_rc_folders "$rc" || fail "${rc%/*} could not be made." ;; esac
      if [ -f "$rc" ]; then step change changed "$rc"; else step make made "$rc"; fi
      [ "$dry_run" = n ] || block "$name" "$made" "$no_newline" | sed 's/^/    /'
      [ "$dry_run" = y ] || replace "$rc" "$scratch/rc" || {
        say "install.sh: $rc could not be written. Add these lines to it:" >&2
        block "$name" n n >&2
        exit 1
      }
    fi
    if [ ! -f "$note" ]; then
      step write wrote "$note"
      [ "$dry_run" = y ] || { mkdir -p "$wired" && printf %s "$rc" >"$note"; } || fail "$note could not be written."
    fi
  done
}

# ---- the next login ------------------------------------------------------------------------------------------------

# Logs in as sshd would, on a terminal of its own, in home $1 with shell $2, and types a question. Sets tried: ok where the
# shell has this prefix's hook (and why: what its guard has against a greeting, once it was the time for one), not where it
# hasn't, unknown where it can't be tried. What the start files begin there ends with that terminal.
try_login() {
  tried=unknown why=''
  command -v script >/dev/null 2>&1 && [ -x "$2" ] || return 0
  # (Where no terminal can be had, as in a bare chroot, nothing can be told either.)
  SHELL=/bin/sh bounded 10 script -qec true /dev/null >/dev/null 2>&1 || return 0
  mkdir -p "$scratch/tmux"
  : >"$scratch/said"
  # Typed ahead. (The blank keeps it out of a history that is written line by line.)
  case ${2##*/} in
    fish)
      # What a first fish does in the background, and its history, goes elsewhere.
      mkdir -p "$scratch/data/fish/generated_completions"
      cat >"$scratch/question" <<'END'
 printf "wt[%s]\n" "$__wt_bin"; source "$__wt_folder/guard.fish"; __wt_guard_greeting; printf "why[%s]\n" "$__wt_why"
 exit
 exit
END
      ;;
    *)
      cat >"$scratch/question" <<'END'
 HISTFILE=; printf "wt[%s]\n" "${__wt_bin-}"; . "$__wt_folder/guard.sh"; __wt_guard_greeting; printf "why[%s]\n" "$__wt_why"
 exit
 exit
END
      ;;
  esac
  cat >"$scratch/login" <<'END'
home=$1 shell=$2 question=$3 said=$4 tmux=$5 data=$6
set -- env -i "HOME=$home" "SHELL=$shell" "USER=$(id -un)" "LOGNAME=$(id -un)" PATH=/usr/local/bin:/usr/bin:/bin \
  TERM=xterm "LANG=${LANG-}" 'SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22' WT_TIMEOUT=10 "TMUX_TMPDIR=$tmux" ${data:+"XDG_DATA_HOME=$data"} "$shell" -l
cd "$home" || exit
command=exec
for word in "$@"; do command="$command '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"; done
SHELL=/bin/sh exec script -qec "$command" /dev/null <"$question" >"$said" 2>/dev/null
END
  data=$scratch/data
  [ -d "$data" ] || data=''
  bounded 10 sh "$scratch/login" "$1" "$2" "$scratch/question" "$scratch/said" "$scratch/tmux" "$data" 2>/dev/null || :
  for server in "$scratch"/tmux/*/*; do
    [ ! -S "$server" ] || tmux -S "$server" kill-server >/dev/null 2>&1 || :
  done
  tried=not
  if tr -d '\r' <"$scratch/said" | LC_ALL=C grep -aqF "wt[$bin/wt]"; then
    tried=ok
    why=$(LC_ALL=C grep -ao 'why\[[^%].*\]' "$scratch/said" | tail -n 1) || :
    why=${why#why?}
    why=${why%]}
  fi
}

# Says what the next login shows, as a trial of one has shown; nothing where that can't be tried.
show_login() {
  tried=not why=''
  case ${login_shell##*/} in bash | zsh | fish) try_login "$HOME" "$login_shell" ;; esac
  [ "$tried" != unknown ] || return 0
  say
  case $tried:$why in
    'ok:it has greeted in this login already')
      say 'What the next login will show:'
      say
      "$bin/wt" --greet </dev/null || fail "$bin/wt does not run; try it by hand."
      ;;
    'ok:wt had nothing to say at this login')
      listing=$("$bin/wt" --list -n 1 </dev/null 2>&1) || :
      case $listing in
        'no Claude Code sessions'*) say "The next login will show nothing yet: $listing" ;;
        *) say 'The next login will show nothing: no session runs or waits for you now. All of them: wt' ;;
      esac
      ;;
    ok:*'inside of tmux'*) show_tmux_login ;;
    ok:*) say "The next login won't greet. In a trial of it: ${why:-no word of why}." ;;
    *) explain_login ;;
  esac
}

# Prints the tmux.conf that holds the lines of wt init tmux; fails where none does.
wired_tmux_conf() {
  for conf in "$HOME/.tmux.conf" "${XDG_CONFIG_HOME:-$HOME/.config}/tmux/tmux.conf"; do
    ! LC_ALL=C grep -aqs '^set -g @watchtower ' "$conf" || {
      say "$conf"
      return
    }
  done
  return 1
}

# Says that a trial of the login ended up in tmux, and what greets there.
show_tmux_login() {
  say 'The next login goes straight into tmux, where no shell greets.'
  if conf=$(wired_tmux_conf); then
    say "The lines of wt in $conf greet there, by a popup."
    return
  fi
  xdg=${XDG_CONFIG_HOME:-$HOME/.config}/tmux/tmux.conf
  conf=$HOME/.tmux.conf
  if [ ! -e "$conf" ] && [ -e "$xdg" ]; then conf=$xdg; fi
  say 'A popup greets there (tmux 3.2 and later) once these lines are in its settings:'
  say "    $(quote "$bin/wt") init tmux >>$(quote "$conf")"
}

# True when a file has a line that sources one whose name holds $2, or loops over such names.
sources() {
  LC_ALL=C grep -aqE "^[^#]*(^|[[:space:];&|({\\\\])(\\.|source|for[[:space:]].*[[:space:]]in)[[:space:]][^#]*$2" "$1" 2>/dev/null
}

# Says why a login doesn't come to the hook, and gives a line that helps, which has been tried.
explain_login() {
  name=${login_shell##*/}
  case $name in
    bash | zsh | fish) ;;
    *)
      say "The next login won't greet: its shell is ${login_shell:-unknown}."
      return
      ;;
  esac
  rc_of "$name"
  inspect "$rc"
  if [ "$found" != live ]; then
    say "The next login won't greet: $rc doesn't read the hook that is installed here."
    return
  fi
  login=$rc
  if [ "$name" = bash ]; then
    for login in "$HOME/.bash_profile" "$HOME/.bash_login" "$HOME/.profile" ''; do
      [ -z "$login" ] || [ ! -r "$login" ] || break
    done
  fi
  if [ -z "$login" ]; then
    say "The next login won't greet: there is no ~/.bash_profile, ~/.bash_login or ~/.profile, so a login bash won't read ~/.bashrc."
    offer_line "$HOME/.bash_profile"
  elif [ "$login" != "$rc" ] && ! sources "$login" bashrc \
    && ! { sources "$login" '\.profile' && sources "$HOME/.profile" bashrc; }; then
    say "The next login won't greet: $login does not read ~/.bashrc."
    offer_line "$login"
  elif [ "$name" = fish ]; then
    say "The next login won't greet: in a trial, it came to no prompt with the hook that $rc reads. A file in conf.d or"
    say 'config.fish leaves or waits before (exit, exec, a question), or sets WT_DISABLE.'
  else
    say "The next login won't greet: in a trial, it didn't come as far as the watchtower lines in $rc. Something above them"
    say 'leaves or waits (return, exit, exec, a question).'
  fi
}

# Offers a line for login file $1: the usual one if a login with it has the hook, in a copy of the home's start files; else
# the block's own, if that does. (Where .bashrc reads that very file, the usual one would make a login without an end.)
offer_line() {
  mkdir -p "$scratch/home"
  for line in 'if [ -r ~/.bashrc ]; then . ~/.bashrc; fi' "$(hook_line bash)"; do
    for file in .bashrc .bash_profile .bash_login .profile .bash_aliases; do
      rm -f "$scratch/home/$file"
      [ ! -r "$HOME/$file" ] || cat "$HOME/$file" >"$scratch/home/$file"
    done
    printf '\n%s\n' "$line" >>"$scratch/home/${1##*/}"
    try_login "$scratch/home" "$login_shell"
    [ "$tried" = ok ] || continue
    say "To be greeted, put this line into ~/${1##*/}:"
    say "    $line"
    return
  done
}

# True when two paths lead to one file: /bin is /usr/bin in most places.
# shellcheck disable=SC2012 # find has no portable way to print an inode
is_same() { [ "$(ls -diL "$1" | awk '{ print $1 }')" = "$(ls -diL "$2" 2>/dev/null | awk '{ print $1 }')" ]; }

# Says whether wt is on PATH, and names every other program of that name there: worktrunk has one, and Windows Terminal.
check_path() {
  case ":${PATH-}:" in
    *":$bin:"*) before=' and comes first' ;;
    *)
      before=''
      say "$bin is not on PATH here. Unless your next login adds it, put this line into your profile:"
      say "    export PATH=$(quote "$bin"):\$PATH"
      ;;
  esac
  rest=${PATH-}:
  while [ -n "$rest" ]; do
    folder=${rest%%:*}
    rest=${rest#*:}
    if [ "$folder" = "$bin" ]; then
      before=''
    elif [ -n "$folder" ] && [ -f "$folder/wt" ] && [ -x "$folder/wt" ] && ! is_same "$folder/wt" "$bin/wt"; then
      say "Another program called wt is on PATH$before: $folder/wt"
    fi
  done
}

install() {
  shells='' unwired=''
  if [ "$modify_rc" != no ]; then choose_shells; fi
  case $origin in
    checkout) check_tools ;;
    release) take_release ;;
    placed)
      [ "$want_node" = n ] || fail 'the Node build is made from a checkout.'
      [ -x "$bin/wt" ] || fail "$bin/wt is not there, which this belongs to. Nothing was changed."
      ;;
    *) fail 'this is neither a checkout of watchtower, nor an unpacked release, nor an installation (--from FILE installs a release).' ;;
  esac
  if [ -e "$bin/wt" ] && [ ! -d "$share/hooks" ] && ! LC_ALL=C grep -aq watchtower "$bin/wt"; then
    fail "$bin/wt is another program. Move it away, or choose another place with --prefix. Nothing was changed."
  fi
  check_rcs
  [ "$origin" != checkout ] || build
  if [ "$origin" = placed ]; then
    [ "$dry_run" = y ] || say "wt is installed below $prefix; letting your shell read its hook:"
  else
    [ "$dry_run" = y ] || say "Installing the $kind build below $prefix:"
    install_files
  fi
  wire
  [ -z "$unwired" ] || say "$unwired"
  check_versions
  if [ "$modify_rc" = no ]; then
    say "No rc file was touched. To be greeted at a login, source $share/hooks/wt.bash (or wt.zsh, wt.fish) at the end of yours."
  fi
  check_path
  [ "$dry_run" = y ] || show_login
}

# ---- uninstall -----------------------------------------------------------------------------------------------------

# Adds an rc file to the list in $scratch/rcs, one numbered file each, since a name may hold anything.
list_rc() {
  for listed in "$scratch"/rcs/*; do
    [ ! -f "$listed" ] || [ "$(cat "$listed" && printf x)" != "$1x" ] || return 0
  done
  rc_count=$((rc_count + 1))
  printf %s "$1" >"$scratch/rcs/$rc_count"
}

# Prints what removes the program that another tool installed, or another user.
remover() {
  case $(cat "$share/installed-by" 2>/dev/null) in
    apt) say 'sudo apt remove watchtower' ;;
    npm) say "npm uninstall -g --prefix $(quote "$prefix") watchtower" ;;
    *) say "wt uninstall, by the user who installed it" ;;
  esac
}

uninstall() {
  # The folder that this lies in may go.
  cd /
  ask_zdotdir || :
  mkdir "$scratch/rcs"
  rc_count=0
  for name in bash zsh fish; do
    rc_of "$name"
    list_rc "$rc"
  done
  for note in "$wired"/*; do
    [ ! -f "$note" ] || {
      rc=$(cat "$note" && printf x)
      list_rc "${rc%x}"
    }
  done

  # All checks first.
  for listed in "$scratch"/rcs/*; do
    rc=$(cat "$listed" && printf x)
    rc=${rc%x}
    inspect "$rc"
    [ "$found" != damaged ] || fail "$rc: $why. Mend or remove it by hand; nothing was changed."
    [ "$last" = 0 ] || [ "$found" = theirs ] || writable "$rc" \
      || fail "$rc can't be written, so its watchtower block (lines $first to $last) stays. Nothing was changed."
  done

  others=n
  for listed in "$scratch"/rcs/*; do
    rc=$(cat "$listed" && printf x)
    unwire "${rc%x}"
  done

  made=' '
  if [ "$managed" = y ]; then
    remove "$wired"
  elif [ -d "$share/hooks" ]; then
    [ ! -f "$share/made" ] || made=" $(tr '\n' ' ' <"$share/made")"
    for old in "$bin/wt" "$share/hooks" "$wired" "$share/wt.mjs" "$share/made" "$share/install.sh"; do remove "$old"; done
    ! is_our_page "$man_page" || remove "$man_page"
  else
    say "wt is not installed below $prefix."
  fi
  # What wt writes as it runs stays for another installation that is wired.
  if [ "$others" = n ]; then
    remove "$cache/wt"
    remove "$state/wt"
    [ -z "${XDG_RUNTIME_DIR-}" ] || remove "$XDG_RUNTIME_DIR/wt"
  fi
  # The archive may lie in the same folder: both go only when they are empty.
  archive=${XDG_DATA_HOME:-$HOME/.local/share}/wt/archive
  if [ "$dry_run" = n ]; then
    for old in "$archive" "${archive%/archive}" "$share"; do rmdir "$old" 2>/dev/null || :; done
    case $made in *' cache '*) rmdir "$cache" 2>/dev/null || : ;; esac
    case $made in *' state '*) rmdir "$state" 2>/dev/null || : ;; esac
    # From the innermost on.
    for folder in share/man/man1 share/man share bin prefix; do
      case $made in *" $folder "*) rmdir "$(absolute "$folder")" 2>/dev/null || : ;; esac
    done
  fi
  [ -z "$(find "$archive" -type f 2>/dev/null | head -n 1)" ] || say "The archive stays: $archive"
  ! conf=$(wired_tmux_conf) || say "The lines of wt init tmux stay in $conf, where you put them; without wt they do nothing."
  [ "$managed" = n ] || say "The program stays; this removes it: $(remover)"
}

# Takes the block out of rc file $1, if it is of this prefix; else sets others to y and leaves it.
unwire() {
  inspect "$1"
  case $found:$last in
    theirs:*)
      others=y
      step leave left "$1 alone: it reads the hook of another prefix, $whose"
      return
      ;;
    off:0) step leave left "$1 alone: a watchtower block is commented out there" ;;
  esac
  [ "$last" != 0 ] || return 0
  without_block "$1" "$scratch/rc"
  if in_block "$1" "$made_note" && [ ! -s "$scratch/rc" ]; then
    resolve "$1"
    made_folders=$(folders_made "$1")
    step remove removed "$1"
    [ "$dry_run" = y ] || rm -f "$target" || fail "$target could not be removed."
    remove_rc_folders "$1" "$made_folders"
  else
    step change changed "$1: without lines $first to $last"
    [ "$dry_run" = y ] || replace "$1" "$scratch/rc" || fail "$1 could not be written."
  fi
}

# Removes a file or a folder of wt's own, if it is there.
remove() {
  [ -e "$1" ] || [ -L "$1" ] || return 0
  step remove removed "$1"
  [ "$dry_run" = y ] || rm -rf "$1" || fail "$1 could not be removed."
}

# ---- start -----------------------------------------------------------------------------------------------------------

# Sets origin to what this script lies in: checkout, release, placed (an installation: its prefix, then) or nothing of these.
# managed is y where the program is not this user's to remove: a package manager put it there, or somebody else.
look_around() {
  origin='' managed=n own_prefix=''
  if [ -f release ] && [ -f wt ] && [ -d hooks ]; then
    origin=release
  elif [ -f package-lock.json ] && [ -d src ] && [ -d hooks ]; then
    origin=checkout
  elif [ -d hooks ]; then
    case $PWD in
      /*/share/wt) origin=placed own_prefix=${PWD%/share/wt} ;;
      /*/lib/node_modules/watchtower) origin=placed own_prefix=${PWD%/lib/node_modules/watchtower} ;;
    esac
  fi
}

# Sets the places of the installation that is meant. What another tool or user put below a prefix keeps its notes in the home.
choose_places() {
  share=$prefix/share/wt
  if [ "$origin" = placed ] && [ "$prefix" = "$own_prefix" ]; then
    share=$PWD
    if [ -f installed-by ] || [ ! -w . ]; then managed=y; fi
  elif [ "$origin" = placed ] && [ "$action" = install ]; then
    fail "this belongs to the wt below $own_prefix; a checkout or an unpacked release installs another (--from FILE)."
  fi
  cache=${XDG_CACHE_HOME:-$HOME/.cache} state=${XDG_STATE_HOME:-$HOME/.local/state}
  bin=$prefix/bin man_page=$prefix/share/man/man1/wt.1 wired=$share/wired
  [ "$managed" = n ] || wired=${XDG_DATA_HOME:-$HOME/.local/share}/wt/wired
}

main() {
  # A pipe here may find nothing, or end early, and be right: `bash -o pipefail` would take that for a failure.
  # shellcheck disable=SC3040 # asked first
  if (set +o pipefail) 2>/dev/null; then set +o pipefail; fi
  shell='' prefix='' from='' modify_rc=yes want_pick='' made_folders=0 dry_run=n want_node=n action=install
  while [ "$#" -gt 0 ]; do
    case $1 in
      --shell | --prefix | --from)
        [ "$#" -gt 1 ] || refuse "$1 needs a value."
        case $1 in
          --shell) shell=$2 ;;
          --from) from=$2 action=install_from ;;
          *) prefix=$2 ;;
        esac
        [ -n "$2" ] || refuse "$1 needs a value."
        shift
        ;;
      --shell=?*) shell=${1#*=} ;;
      --prefix=?*) prefix=${1#*=} ;;
      --from=?*) from=${1#*=} action=install_from ;;
      --no-modify-rc) modify_rc=no ;;
      --modify-rc) modify_rc=again ;;
      --pick) want_pick=y ;;
      --no-pick) want_pick=n ;;
      --dry-run) dry_run=y ;;
      --uninstall) action=uninstall ;;
      --node) want_node=y ;;
      --help | -h)
        usage
        return
        ;;
      *) refuse "unknown option: $1" ;;
    esac
    shift
  done
  case $shell in
    both) shell=all ;;
    '' | bash | zsh | fish | all) ;;
    *) refuse "unknown shell: $shell (bash, zsh, fish or all)" ;;
  esac

  check_home
  case $prefix in
    '' | /*) ;;
    *) prefix=${PWD%/}/$prefix ;;
  esac
  case $from in
    '' | /*) ;;
    *) from=${PWD%/}/$from ;;
  esac

  login_shell=${SHELL:-$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f7)} || :
  here=$(dirname -- "$0" && printf x)
  CDPATH='' cd -- "${here%?x}"
  look_around
  if [ -z "$prefix" ]; then
    prefix=$HOME/.local
    # A release may not go where a package manager's program lies.
    if [ -n "$own_prefix" ] && { [ -z "$from" ] || { [ ! -f installed-by ] && [ -w . ]; }; }; then prefix=$own_prefix; fi
  fi
  prefix=${prefix%/}
  choose_places
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/wt-install.XXXXXX" 2>/dev/null) \
    || fail "no folder can be made below ${TMPDIR:-/tmp} (TMPDIR names another). Nothing was changed."
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  $action
}

main "$@"
