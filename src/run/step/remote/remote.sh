# What is sent to a machine, on the standard input of its sh. Before this stand: KEY, MODE, GRACE, and `set --` with the
# command's words. The whole is read before anything is done, so that no command eats the rest of it.
#
# A directory for each attempt says what became of it there: to make it is to have the claim, so a command is started at
# most once however often the line drops. `pid`, `boot`: the process. `out`: what it said. `exit`: its code, whole or not
# at all. `vetoed`: it was never started and never will be.
umask 077
base="${XDG_STATE_HOME:-$HOME/.local/state}/quarterdeck-remote"
dir="$base/$KEY"

say() { printf 'quarterdeck-remote %s\n' "$*"; }
boot() { cat /proc/sys/kernel/random/boot_id 2>/dev/null; }
# A process that is dead and was not reaped yet is not alive.
runs() { kill -0 "$1" 2>/dev/null && case "$(cat "/proc/$1/stat" 2>/dev/null)" in *") Z "*) false ;; esac; }
alive() {
  [ -f "$dir/pid" ] && [ "$(boot)" = "$(cat "$dir/boot" 2>/dev/null)" ] && runs "$(cat "$dir/pid")"
}
brief() { sleep 0.1 2>/dev/null || sleep 1; }

# Its state in one word.
state() {
  [ -d "$dir" ] || { echo none; return; }
  [ -f "$dir/vetoed" ] && { echo vetoed; return; }
  for _ in 1 2 3 4 5; do
    [ -f "$dir/exit" ] && { echo "ended $(cat "$dir/exit")"; return; }
    alive && { echo running; return; }
    brief
  done
  echo lost
}

claim() { mkdir -p "$base" && mkdir "$dir" 2>/dev/null; }

# Starts the command in a session of its own: the end of the line is no end for it.
begin() {
  boot > "$dir/boot"
  : > "$dir/out"
  session=
  command -v setsid >/dev/null 2>&1 && session=setsid
  $session sh -c 'trap "" HUP
    d=$0
    echo $$ > "$d/pid.new" && mv "$d/pid.new" "$d/pid"
    "$@" < /dev/null > "$d/out" 2>&1
    echo $? > "$d/exit.new" && mv "$d/exit.new" "$d/exit"' "$dir" "$@" < /dev/null > /dev/null 2>&1 &
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -f "$dir/pid" ] && break
    brief
  done
}

# Passes on what it says, from the beginning, until it ends; ends as it does.
follow() {
  shown=0
  while :; do
    over=
    [ -f "$dir/exit" ] && over=1
    size=$(($(wc -c < "$dir/out")))
    if [ "$size" -gt "$shown" ]; then
      tail -c +$((shown + 1)) "$dir/out" | head -c $((size - shown)) || exit 249
      shown=$size
    fi
    [ -n "$over" ] && exit "$(cat "$dir/exit")"
    case "$(state)" in running | ended*) ;; *) exit 250 ;; esac
    brief
  done
}

# Ends it and what it left in its group.
stop() {
  claim && : > "$dir/vetoed"
  case "$(state)" in running) ;; *) return ;; esac
  pid=$(cat "$dir/pid")
  kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
  tenths=0
  while { runs "$pid" || kill -0 -- "-$pid" 2>/dev/null; } && [ "$tenths" -lt $((GRACE * 10)) ]; do
    brief
    tenths=$((tenths + 1))
  done
  kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null
  tenths=0
  while runs "$pid" && [ "$tenths" -lt 50 ]; do
    brief
    tenths=$((tenths + 1))
  done
}

case "$MODE" in
  state) mkdir -p "$base" || exit 248; find "$base" -type f -name exit -mtime +14 -exec sh -c 'rm -rf "${1%/exit}"' sh {} \; 2>/dev/null; say "$(state)" ;;
  start) claim && begin "$@"; [ -d "$dir" ] || exit 248; [ -f "$dir/vetoed" ] && exit 250; follow ;;
  attach) claim && : > "$dir/vetoed"; [ -d "$dir" ] || exit 248; [ -f "$dir/vetoed" ] && exit 250; follow ;;
  veto) claim && : > "$dir/vetoed"; say "$(state)" ;;
  stop) stop; say "$(state)" ;;
  plain) exec "$@" < /dev/null ;;
esac
