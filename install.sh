#!/bin/sh
# Builds wt from this checkout, installs it and its shell hooks under a prefix, and lets the login shell read the hook.
# Every check comes before the first change. An rc file is bytes here: it is cut at lines and never decoded.
set -eu

usage() {
  cat <<'END'
usage: ./install.sh [--shell bash|zsh|both] [--prefix DIR] [--no-modify-rc] [--pick] [--dry-run] [--uninstall] [--node]

  --shell NAME     the shell to wire: bash, zsh or both (default: the login shell, from $SHELL)
  --prefix DIR     install below DIR (default: ~/.local)
  --no-modify-rc   leave the rc files alone
  --modify-rc      add the lines again where they were removed or commented out by hand
  --pick           open the picker after the greeting
  --node           install the Node build in place of the native one
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

# A word as the shells read it, whatever is in it.
quote() {
  printf "'"
  printf %s "$1" | sed "s/'/'\\\\''/g"
  printf "'"
}

# ---- the block in an rc file -------------------------------------------------------------------------------------

no_newline_note='# The last line had no newline before these.'
made_note='# install.sh made this file.'

# The lines from the first marker to the last: shell, then y for a file that didn't exist, y for one without a last newline.
block() {
  say '# >>> watchtower >>>'
  say '# Greets at an SSH login with the Claude Code sessions of this box. Removed by: install.sh --uninstall'
  [ "$2" != y ] || say "$made_note"
  [ "$3" != y ] || say "$no_newline_note"
  [ "$pick" != y ] || say 'WT_PICK=1'
  block_hook=$(quote "$share/hooks/wt.$1" && printf x)
  block_hook=${block_hook%x}
  say "if [ -r $block_hook ]; then . $block_hook; fi"
  say '# <<< watchtower <<<'
}

# The numbers of the lines in file $2 that are markers of the kind $1; a CR or spaces around them don't count.
marks() {
  LC_ALL=C grep -anE "^[[:space:]]*# $1 watchtower $1[[:space:]]*\$" "$2" 2>/dev/null | cut -d: -f1 | tr '\n' ' '
}

# Prints the lines of $1 from $2 to $3.
lines() { [ "$3" -lt "$2" ] || head -n "$3" "$1" | tail -n "+$2"; }

# Looks at an rc file. Sets found: none, live, off (commented out by hand) or damaged (and why); first and last, its lines.
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
  elif lines "$1" "$first" "$last" | LC_ALL=C grep -aqE '^[[:space:]]*[^#[:space:]].*/hooks/wt\.(ba|z)sh'; then
    found=live
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

# Writes what rc file $1 holds with the block of shell $2, added or renewed in place, to $3.
with_block() {
  made=n no_newline=n
  if [ "$last" -gt 0 ]; then
    ! in_block "$1" "$made_note" || made=y
    ! in_block "$1" "$no_newline_note" || no_newline=y
    lines "$1" 1 "$((first - 1))" >"$3"
    block "$2" "$made" "$no_newline" >>"$3"
    tail -n "+$((last + 1))" "$1" >>"$3"
    return
  fi
  : >"$3"
  if [ ! -f "$1" ]; then
    made=y
  else
    cat "$1" >"$3"
    ends_in_newline "$1" || no_newline=y
  fi
  [ "$no_newline" = n ] || say >>"$3"
  say >>"$3"
  block "$2" "$made" "$no_newline" >>"$3"
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

rc_of() {
  case $1 in
    bash) rc=$HOME/.bashrc ;;
    zsh) rc=${ZDOTDIR:-$HOME}/.zshrc ;;
  esac
}

# The note that rc file $1 was wired once: its absence later means that the user took the block out.
note_of() {
  note=$share/wired/$(printf %s "$1" | cksum | tr ' ' -)
}

# True when a file has a line that sources one whose name holds $2, or loops over such names.
sources() {
  LC_ALL=C grep -aqE "^[^#]*(^|[[:space:];&|({\\\\])(\\.|source|for[[:space:]].*[[:space:]]in)[[:space:]][^#]*$2" "$1" 2>/dev/null
}

# Says when a login bash doesn't come by ~/.bashrc, and what would help.
check_login_bash() {
  for login in "$HOME/.bash_profile" "$HOME/.bash_login" "$HOME/.profile" ''; do
    [ -z "$login" ] || [ ! -r "$login" ] || break
  done
  offer='if [ -r ~/.bashrc ]; then . ~/.bashrc; fi'
  if [ -z "$login" ]; then
    say "There is no ~/.bash_profile, ~/.bash_login or ~/.profile, so a login bash won't read ~/.bashrc."
    say "To be greeted, put this line into ~/.bash_profile:"
  elif sources "$login" bashrc || { sources "$login" '\.profile' && sources "$HOME/.profile" bashrc; }; then
    return 0
  else
    say "$login does not read ~/.bashrc, so a login won't greet. To be greeted, add this line to it:"
  fi
  say "    $offer"
}

# Names the shells to wire in $shells, or says why there is none.
choose_shells() {
  shells=''
  case $shell in
    both) shells='bash zsh' ;;
    bash | zsh) shells=$shell ;;
    *)
      login_shell=${SHELL:-$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f7)}
      case ${login_shell##*/} in
        bash | zsh) shells=${login_shell##*/} ;;
        *) unwired="The login shell, ${login_shell:-unknown}, can't be wired: only bash and zsh can (--shell names one). wt itself works everywhere." ;;
      esac
      ;;
  esac
  case " $shells " in
    *' zsh '*)
      if [ -z "${ZDOTDIR-}" ]; then
        for env in "$HOME/.zshenv" /etc/zsh/zshenv /etc/zshenv; do
          if LC_ALL=C grep -aqE '^[^#]*ZDOTDIR:?=' "$env" 2>/dev/null; then
            unwired="zsh is not wired: $env sets ZDOTDIR, which this shell doesn't know, so the .zshrc in use is another. Say where: ZDOTDIR=DIR ./install.sh --shell zsh"
            shells=$(printf %s "$shells" | sed 's/ *zsh//')
            break
          fi
        done
      fi
      ;;
  esac
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
    if ! writable "$rc"; then
      {
        say "install.sh: $rc can't be written, and nothing was changed. Add these lines to it where it comes from,"
        say 'then run ./install.sh --no-modify-rc:'
        say
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
    off) planned=leave ;;
    none) if [ -f "$note" ]; then planned=leave; else planned=add; fi ;;
  esac
  if [ "$planned" = leave ] && [ "$modify_rc" = again ]; then planned=add; fi
}

# ---- install -------------------------------------------------------------------------------------------------------

run() {
  if ! "$@" >"$scratch/log" 2>&1; then
    cat "$scratch/log" >&2
    return 1
  fi
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
  if ! current node_modules/.package-lock.json package-lock.json; then
    say 'Fetching the dependencies …'
    run npm ci --logs-max=0 --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=1000 \
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
    if ! current dist/wt src package.json package-lock.json; then
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
    say "  $2 is current"
    return
  fi
  put_beside=$2.new.$$
  if cp "$1" "$put_beside" && chmod "$3" "$put_beside" && mv -f "$put_beside" "$2"; then
    say "  wrote $2"
  else
    rm -f "$put_beside"
    fail "$2 could not be written."
  fi
}

install_files() {
  mkdir -p "$bin" "$share/hooks" "$share/wired" || fail "$prefix can't be written."
  if [ "$kind" = node ]; then
    # Node takes a file for an ES module by its name, so wt is a link to one that says so.
    put "$program" "$share/wt.mjs" 755
    if ! { ln -s ../share/wt/wt.mjs "$bin/wt.new.$$" && mv -f "$bin/wt.new.$$" "$bin/wt"; }; then
      fail "$bin/wt could not be written."
    fi
    say "  wrote $bin/wt"
  else
    put "$program" "$bin/wt" 755
    rm -f "$share/wt.mjs"
  fi
  for hook in hooks/*; do
    put "$hook" "$share/hooks/${hook##*/}" 644
  done
}

wire() {
  for name in $shells; do
    rc_of "$name"
    inspect "$rc"
    plan "$rc"
    case $planned in
      leave)
        say "  left $rc alone: the watchtower lines were taken out or commented out there (--modify-rc adds them again)"
        ;;
      *)
        with_block "$rc" "$name" "$scratch/rc"
        if [ -f "$rc" ] && cmp -s "$rc" "$scratch/rc"; then
          say "  $rc is as it should be"
        else
          existed=changed
          [ -f "$rc" ] || existed=made
          replace "$rc" "$scratch/rc" || {
            say "install.sh: $rc could not be written. Add these lines to it:" >&2
            block "$name" n n >&2
            exit 1
          }
          say "  $existed $rc"
        fi
        if [ ! -f "$note" ]; then
          printf %s "$rc" >"$note"
          say "  wrote $note"
        fi
        ;;
    esac
  done
}

# What an install would do, without a change.
rehearse() {
  current node_modules/.package-lock.json package-lock.json || say 'would run npm ci in this folder'
  say 'would build dist/ in this folder unless it is current'
  say "would write $bin/wt"
  [ "$want_node" = n ] || say "would write $share/wt.mjs"
  for hook in hooks/*; do
    say "would write $share/hooks/${hook##*/}"
  done
  for name in $shells; do
    rc_of "$name"
    inspect "$rc"
    plan "$rc"
    note_of "$rc"
    case $planned in
      leave) say "would leave $rc alone: the watchtower lines were taken out or commented out there" ;;
      *)
        with_block "$rc" "$name" "$scratch/rc"
        if [ -f "$rc" ] && cmp -s "$rc" "$scratch/rc"; then
          say "would leave $rc as it is"
        else
          say "would change $rc: these lines"
          block "$name" "$made" "$no_newline" | sed 's/^/    /'
        fi
        [ -f "$note" ] || say "would write $note"
        ;;
    esac
  done
}

show_greeting() {
  say
  say 'What the next login will show:'
  say
  greeting=$("$bin/wt" --greet </dev/null) || fail "$bin/wt does not run; try it by hand."
  if [ -n "$greeting" ]; then
    say "$greeting"
    return
  fi
  listing=$("$bin/wt" --list -n 1 </dev/null 2>&1) || :
  case $listing in
    'no Claude Code sessions'*) say "nothing yet: $listing" ;;
    *) say 'nothing: no session runs or waits for you now. All of them: wt' ;;
  esac
}

check_path() {
  case ":${PATH-}:" in
    *":$bin:"*)
      other=$(command -v wt 2>/dev/null) || other=''
      [ -z "$other" ] || [ "$other" = "$bin/wt" ] || say "Another wt comes first on PATH: $other"
      ;;
    *)
      say "$bin is not on PATH here. Unless your next login adds it, put this line into your profile:"
      say "    export PATH=$(quote "$bin"):\$PATH"
      ;;
  esac
}

install() {
  if [ ! -f package-lock.json ] || [ ! -d src ] || [ ! -d hooks ]; then fail 'this is not a checkout of watchtower.'; fi
  unwired=''
  if [ "$modify_rc" = no ]; then shells=''; else choose_shells; fi
  check_tools
  if [ -e "$bin/wt" ] && [ ! -d "$share/hooks" ] && ! LC_ALL=C grep -aq watchtower "$bin/wt"; then
    fail "$bin/wt is another program. Move it away, or choose another place with --prefix. Nothing was changed."
  fi
  check_rcs
  if [ "$dry_run" = y ]; then
    rehearse
    [ -z "$unwired" ] || say "$unwired"
    return
  fi
  build
  say "Installing the $kind build below $prefix:"
  install_files
  wire
  [ -z "$unwired" ] || say "$unwired"
  case " $shells " in *' bash '*) check_login_bash ;; esac
  if [ "$modify_rc" = no ]; then
    say "No rc file was touched. To be greeted at a login, source $share/hooks/wt.bash (or wt.zsh) at the end of yours."
  fi
  check_path
  show_greeting
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

uninstall() {
  mkdir "$scratch/rcs"
  rc_count=0
  for name in bash zsh; do
    rc_of "$name"
    list_rc "$rc"
  done
  for note in "$share"/wired/*; do
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
    [ "$last" = 0 ] || writable "$rc" || fail "$rc can't be written, so its watchtower block (lines $first to $last) stays. Nothing was changed."
  done

  for listed in "$scratch"/rcs/*; do
    rc=$(cat "$listed" && printf x)
    rc=${rc%x}
    inspect "$rc"
    if [ "$last" = 0 ]; then
      [ "$found" != off ] || say "  left $rc alone: a watchtower block is commented out there"
      continue
    fi
    without_block "$rc" "$scratch/rc"
    if in_block "$rc" "$made_note" && [ ! -s "$scratch/rc" ]; then
      resolve "$rc"
      if [ "$dry_run" = y ]; then
        say "would remove $rc"
      else
        rm -f "$target" || fail "$target could not be removed."
        say "  removed $rc"
      fi
    elif [ "$dry_run" = y ]; then
      say "would change $rc: without lines $first to $last"
    else
      replace "$rc" "$scratch/rc" || fail "$rc could not be written."
      say "  changed $rc"
    fi
  done

  cache=${XDG_CACHE_HOME:-$HOME/.cache}/wt/brief
  if [ ! -d "$share/hooks" ]; then
    say "wt is not installed below $prefix."
    return
  fi
  for old in "$bin/wt" "$share/hooks" "$share/wired" "$share/wt.mjs" "$cache" "${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/wt/brief}"; do
    [ -n "$old" ] || continue
    [ -e "$old" ] || [ -L "$old" ] || continue
    if [ "$dry_run" = y ]; then
      say "would remove $old"
    else
      rm -rf "$old" || fail "$old could not be removed."
      say "  removed $old"
    fi
  done
  # The archive may lie in the same folder, so that only goes when it's empty.
  [ "$dry_run" = y ] || rmdir "$share" 2>/dev/null || :
  say "The archive stays: ${XDG_DATA_HOME:-$HOME/.local/share}/wt/archive"
}

# ---- start -----------------------------------------------------------------------------------------------------------

main() {
  shell='' prefix='' modify_rc=yes pick=n dry_run=n want_node=n action=install
  while [ "$#" -gt 0 ]; do
    case $1 in
      --shell | --prefix)
        [ "$#" -gt 1 ] || refuse "$1 needs a value."
        case $1 in
          --shell) shell=$2 ;;
          *) prefix=$2 ;;
        esac
        [ -n "$2" ] || refuse "$1 needs a value."
        shift
        ;;
      --shell=?*) shell=${1#*=} ;;
      --prefix=?*) prefix=${1#*=} ;;
      --no-modify-rc) modify_rc=no ;;
      --modify-rc) modify_rc=again ;;
      --pick) pick=y ;;
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
    '' | bash | zsh | both) ;;
    *) refuse "unknown shell: $shell (bash, zsh or both)" ;;
  esac

  check_home
  case $prefix in
    '') prefix=$HOME/.local ;;
    /*) ;;
    *) prefix=${PWD%/}/$prefix ;;
  esac
  prefix=${prefix%/}
  bin=$prefix/bin share=$prefix/share/wt

  here=$(dirname -- "$0" && printf x)
  CDPATH='' cd -- "${here%?x}"
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/wt-install.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  $action
}

main "$@"
