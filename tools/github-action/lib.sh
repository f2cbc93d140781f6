# shellcheck shell=bash
#
# lib.sh - what the steps of the action have in common
#
# The runner takes every line of output that begins with two colons, or that has ##[ anywhere, for a command. So what
# others have written is escaped before it is in such a line, and shown otherwise only while commands are stopped.

set -u -o pipefail
umask 077

# unguessable - 128 bits as hexadecimal digits, so that nothing that was written before can hold them
unguessable() {
  od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n'
}

# command LEVEL TEXT… - an annotation
annotate() {
  local text=${*:2}
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '::%s title=wb-tools::%s\n' "$1" "${text//$'\n'/%0A}"
}

# die TEXT… - the step has failed
die() {
  annotate error "$@"
  exit 1
}

# set_output NAME VALUE
set_output() {
  local end
  end=$(unguessable) || die 'there are no random numbers'
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT" || die "cannot write the output $1"
}

# each_line TEXT - its lines that are not blank, without the white space around them
each_line() {
  sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d' <<<"$1"
}

# The first line of .gitignore in a directory that is the action's own.
# shellcheck disable=SC2034 # for the scripts
state_mark='# the state of wb-tools, out of the cache'
