#!/bin/sh
# router/console.sh: a router at a terminal, as somebody who types meets it.  Prints TAP.
# The functions are called by check():
# shellcheck disable=SC2317
set -u
. tests/router/lib.sh
TERMINAL="isakmp-$$"
t() { tmux -L "$TERMINAL" "$@"; }
trap 't kill-server 2>/dev/null; end; rm -rf "$RUN"' EXIT

type() { t send-keys -l "$1"; }
screen() { t capture-pane -p -J >"$RUN/left.out"; }
# sees TEXT: it is on the screen, or soon is.
sees_now() { screen && grep -qE -- "$1" "$RUN/left.out"; }
sees() { until_true 3 sees_now "$1"; }
# The last line that is not empty.
last_now() { screen && grep -v '^ *$' "$RUN/left.out" | tail -n 1 | grep -qE -- "$1"; }
last() { until_true 3 last_now "$1"; }

# Whoever types waits for the prompt.
enter() { last "#" && t send-keys -l "$1" && t send-keys Enter && sleep 0.3; }

# Nobody is at the other end.
sed -e 's/hostname left/hostname berlin/' examples/ios/left.cfg >"$RUN/left.cfg"
t -f /dev/null new-session -d -x 100 -y 45 \
    "exec $ROUTER --config $RUN/left.cfg --port-base $PORT --sa-log $RUN/left.sa --flow 10.1.0.1,10.2.0.1"
check "a prompt with the router's name" last "^berlin# ?$"
type "show crypto "
type "?"
check "? tells what may come next" sees "isakmp"
check "... and the line stays" last "^berlin# ?show crypto $|^berlin# ?show crypto"
type "isa"
t send-keys Tab
check "the tabulator key completes a word" last "^berlin# ?show crypto isakmp"
enter "policy"
check "... and the line is taken" sees "Default protection suite"
enter "sho cry isa pol"
check "abbreviations" last "^berlin# ?$"
enter "configure terminal"
check "configure terminal" last "^berlin\(config\)# ?$"
enter "crypto isakmp policy 20"
check "... a mode of its own" last "^berlin\(config-isakmp\)# ?$"
enter " group 3"
check "what is wrong has a mark below it" sees "^ +\^"
check "... and a sentence" sees "^% .*expected"
enter "group 14"
enter "exit"
check "exit leaves a mode" last "^berlin\(config\)# ?$"
enter "hostname paris"
check "another name is another prompt" last "^paris\(config\)# ?$"
enter "end"
t send-keys C-l
enter "show running-config"
check "what was typed is in the configuration" sees "^ group 14"
t send-keys Up
check "the last line comes again" last "^paris# ?show running-config"
t send-keys C-u
t send-keys C-l
enter "debug crypto isakmp"
enter "clear crypto isakmp"
check "what a command brings about is said below it" sees "is down: it was closed on this side"
once() { screen && [ "$(grep -c "clear crypto isakmp" "$RUN/left.out")" = 1 ]; }
check "... and it is not shown again" once
enter "undebug all"
enter "exit"
gone() { ! t has-session 2>/dev/null; }
check "exit ends it" until_true 5 gone
