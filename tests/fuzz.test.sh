#!/usr/bin/env bash
#
# fuzz.test.sh - the fuzzers hold for all inputs that were kept: hand-made ones, the best of long runs, and what once
# broke them

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

replays() {
  local files=("$TESTS/fuzz/corpus/$fuzzer"/*)
  [[ -x $SHIM_DIR/fuzz/$fuzzer ]] || fail "$SHIM_DIR/fuzz/$fuzzer: not built"
  [[ -e ${files[0]} ]] || fail "tests/fuzz/corpus/$fuzzer: empty"
  # the last file that it names is the culprit
  expect_status 0 "$SHIM_DIR/fuzz/$fuzzer" "${files[@]}"
}

for source in "$TESTS"/fuzz/*.c; do
  fuzzer=$(basename "$source" .c)
  [[ $fuzzer == replay ]] || test_case "$fuzzer: the kept inputs" replays
done
