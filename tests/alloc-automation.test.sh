#!/usr/bin/env bash
#
# alloc-automation.test.sh - every allocation of wb-automation fails once: see alloc.test.sh

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/allocs.sh
. "$TESTS/allocs.sh"

# is_nothing_or_all FILE WHOLE - a table or text is written as a whole, or not at all
is_nothing_or_all() {
  [[ ! -s $1 ]] || is_same "$1" "$2"
}

journal_line() {
  printf '{"delivery_id":"%s","status":"%s","at":"2026-11-24T11:17:08.123Z","automation":"%s","error":{"class":"\\u0061","text":"b"}}\n' "$@"
}

automation_reads() {
  { journal_line 1 finished regex && journal_line 2 failed 'valu\u0065s' && journal_line 1 failed nothing; } >automation.journal
  survives_each 0 is_nothing_or_all is_same wb-automation list -c c.json --journal automation.journal
  survives_each 0 is_part_of is_same wb-automation list -c c.json --journal automation.journal --json
  survives_each 0 is_part_of is_same wb-automation secrets -c c.json
  survives_each 0 is_nothing_or_all is_same wb-automation show regex -c c.json
  survives_each 0 is_nothing_or_all is_same wb-automation show regex -c c.json --json
  survives_each 0 is_nothing_or_all is_same wb-automation history --journal automation.journal
  survives_each 0 is_part_of is_same wb-automation history --journal automation.journal --json
}
test_case 'wb-automation list, secrets, show, history' automation_reads

# A page says when it was made.
automation_reports() {
  local format
  echo 1795608000000 >clock
  export CLOCK_FILE=$PWD/clock
  { journal_line 1 finished regex && journal_line 2 failed 'valu\u0065s' && journal_line 1 failed nothing; } >automation.journal
  for format in --html --markdown --text; do
    survives_each 0 is_part_of is_same with_shim clock wb-automation-report "$format" --since 7d --journal automation.journal --journal automation.journal
  done
}
test_case 'wb-automation report' automation_reports

# What was not read for want of memory may be missed elsewhere; it is said then that memory is what is wanting.
says_why() {
  ends_in_newline "$1" && grep -q -E ': (out of memory|cannot read: Cannot allocate memory)$' "$1"
}
is_part_or_says_why() {
  is_part_of "$1" "$2" || says_why "$1"
}
is_same_or_says_why() {
  is_same "$1" "$2" || says_why "$1"
}

automation_check() {
  unset TOKEN
  survives_each 0 is_part_or_says_why is_same_or_says_why wb-automation check -c c.json --resolve --secrets env
}
test_case 'wb-automation check' automation_check

# edited WHAT… - whatever allocation fails, the file is the old or the new one, and which one the status says
edited() {
  local n count status text
  cp c.json edit.json
  FAIL_ALLOC_COUNT=count expect_status 0 fail_alloc 0 wb-automation "$@" >out 2>err
  count=$(<count)
  cp edit.json new.json
  ! is_same c.json new.json || fail 'nothing was changed'
  slurp text c.json
  for ((n = 1; n <= count; n++)); do
    printf '%s' "$text" >edit.json
    status=0
    fail_alloc "$n" wb-automation "$@" >out 2>err || status=$?
    if ((status == 0)); then
      is_same edit.json new.json || expect_file edit.json new.json
    else
      ((status >= 1 && status <= 3)) || fail "allocation $n fails: status $status"
      [[ -s err ]] || fail "allocation $n fails: status $status without a message"
      is_same edit.json c.json || expect_file edit.json c.json
    fi
  done
}

automation_edits() {
  edited disable regex -c edit.json
  edited delete --yes nothing -c edit.json
}
test_case 'wb-automation disable, delete' automation_edits

automation_adds() {
  local n count status
  local add=(wb-automation add new -c c.json -c made.json --file made.json --template generic --url https://a.example/ --alias x --alias y)
  rm -f made.json
  FAIL_ALLOC_COUNT=count expect_status 0 fail_alloc 0 "${add[@]}" >out 2>err
  count=$(<count)
  mv made.json want.json
  for ((n = 1; n <= count; n++)); do
    status=0
    fail_alloc "$n" "${add[@]}" >out 2>err || status=$?
    if ((status == 0)); then
      is_same made.json want.json || expect_file made.json want.json
    else
      ((status >= 1 && status <= 3)) || fail "allocation $n fails: status $status"
      [[ -s err ]] || fail "allocation $n fails: status $status without a message"
      # only its name could not be printed
      [[ ! -e made.json || $(<err) == *'standard output'* ]] || fail "allocation $n fails: a file was made"
    fi
    rm -f made.json
  done
}
test_case 'wb-automation add' automation_adds

# Of the other tools it runs, the same allocation fails, too.
automation_tests() {
  local n count status
  local test=(wb-automation test regex -c c.json --alias p --tag x --allow-http --allow-net 127.0.0.1)
  export TOKEN=token-for-tests
  FAIL_ALLOC_COUNT=count expect_status 1 fail_alloc 0 "${test[@]}" >out 2>err
  grep -q '^failed in ' out || fail "$(<out)"
  count=$(<count)
  for ((n = 1; n <= count; n += 3)); do
    status=0
    fail_alloc "$n" "${test[@]}" >out 2>err || status=$?
    ((status >= 1 && status <= 3)) || fail "allocation $n fails: status $status"
    [[ -s err ]] || grep -q '^failed' out || fail "allocation $n fails: nothing was said"
  done
}
test_case 'wb-automation test' automation_tests
