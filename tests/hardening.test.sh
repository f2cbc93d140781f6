#!/usr/bin/env bash
#
# hardening.test.sh - no warnings from either compiler, the protections that the linker and the compiler give, banned
# functions, and which tool loads what

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla)
tools=()
for tool in "$WB_BIN"/wb-*; do
  [[ -f $tool && -x $tool ]] && tools+=("$tool")
done
((${#tools[@]} >= 5)) || fail "$WB_BIN: no tools"

# syntax COMPILER OPTION… - compile C for its errors only
syntax() {
  command -v "$1" >/dev/null || skip "no $1"
  "$1" -std=c11 -O2 -D_GNU_SOURCE '-DWB_VERSION="0"' -I"$TOP/common" -include "$TOP/common/banned.h" -fsyntax-only "${@:2}"
}

# ---- warnings ----

no_warnings() {
  expect_status 0 syntax "$compiler" -Werror "${warnings[@]}" "$TOP"/tools/*.c "$TOP"/common/*.c
  expect_status 0 syntax "$compiler" -Werror "${warnings[@]}" -DWB_PORTABLE "$TOP"/tools/*.c "$TOP"/common/*.c
}
for compiler in gcc clang; do
  test_case "$compiler warns of nothing" no_warnings
done

# ---- banned functions ----

banned_names() {
  sed -n 's/^#pragma GCC poison //p' "$TOP/common/banned.h"
}

banned_fail() {
  local name names
  names=$(banned_names)
  expect_match " ${names//$'\n'/ } " ' strcpy .* sprintf .* strtok .* system '
  printf 'void probe(void);\nvoid\nprobe(void)\n{\n\t(void)snprintf(NULL, 0, "x");\n}\n' >probe.c
  expect_status 0 syntax "$compiler" probe.c
  for name in $names; do
    printf 'void probe(void);\nvoid\nprobe(void)\n{\n\t(void)%s;\n}\n' "$name" >probe.c
    expect_status 1 syntax "$compiler" probe.c 2>err
    expect_match "$(<err)" poisoned
  done
}
for compiler in gcc clang; do
  test_case "$compiler refuses banned functions" banned_fail
done

# Every object of the product is compiled with the ban; as make would do it in a new place.
banned_everywhere() {
  local commands
  commands=$(env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES make -n -C "$TOP" B="$T/elsewhere" all | grep -E ' (common|tools)/[a-z_-]*\.c$')
  (($(wc -l <<<"$commands") > ${#tools[@]})) || fail "few commands: $commands"
  expect_equal "$(grep -v -e '-include common/banned.h' <<<"$commands")" ''
}
test_case 'the ban holds for all of tools/ and common/' banned_everywhere

# ---- what the binaries are like ----

# each_tool FUNCTION - call it with each tool's path
each_tool() {
  local tool
  for tool in "${tools[@]}"; do
    "$1" "$tool" || fail "${tool##*/}: $1"
  done
}

is_position_independent() {
  [[ $(readelf -h "$1") == *' DYN ('* && $(readelf -d "$1") == *' PIE'* ]]
}
has_full_relro() {
  [[ $(readelf -W -l "$1") == *GNU_RELRO* && $(readelf -d "$1") == *' NOW'* ]]
}
has_no_executable_stack() {
  [[ $(readelf -W -l "$1") =~ GNU_STACK[^$'\n']*' RW ' ]]
}
has_no_writable_code() {
  [[ ! $(readelf -W -l "$1") =~ LOAD[^$'\n']*' RWE ' ]]
}
has_stack_protector() {
  [[ $(readelf -W -s "$1") == *__stack_chk_fail* ]]
}
is_fortified() {
  [[ $(readelf -W --dyn-syms "$1") =~ __[a-z]*(printf|memcpy|read|fprintf)_chk ]]
}
has_no_rpath() {
  [[ ! $(readelf -d "$1") =~ RPATH|RUNPATH ]]
}

linked_well() {
  each_tool is_position_independent
  each_tool has_full_relro
  each_tool has_no_executable_stack
  each_tool has_no_writable_code
  each_tool has_no_rpath
}
test_case 'PIE, full RELRO, no executable stack, no writable code' linked_well

compiled_well() {
  ! grep -q -a -E '__(asan|ubsan|msan|tsan)_|\.gcda' "${tools[@]}" || skip 'a sanitizer or coverage'
  each_tool has_stack_protector
  each_tool is_fortified
}
test_case 'stack protector, _FORTIFY_SOURCE' compiled_well

# ---- what they load ----

# loads TOOL LIBRARY
loads() {
  [[ $(ldd "$WB_BIN/$1") == *"/lib$2."* ]]
}

libraries() {
  local tool library
  loads wb-send curl || fail 'ldd does not tell'
  loads wb-event-poll curl || fail 'ldd does not tell'
  loads wb-automation-import curl || fail 'ldd does not tell'
  loads wb-automation-check curl || fail 'ldd does not tell'
  for tool in wb-event wb-match wb-render wb-deliver; do
    for library in curl ssl crypto; do
      ! loads "$tool" "$library" || fail "$tool loads lib$library"
    done
  done
  ! loads wb-sign curl || fail 'wb-sign loads libcurl'
  for library in curl ssl jq onig; do
    ! loads wb-automation-report "$library" || fail "wb-automation-report loads lib$library"
  done
  ! loads wb-event-read curl || fail 'wb-event-read loads libcurl'
  ! loads wb-automation curl || fail 'wb-automation loads libcurl'
  loads wb-match jq || fail 'ldd does not tell'
  for tool in wb-event wb-sign wb-deliver; do
    ! loads "$tool" jq || fail "$tool loads libjq"
  done
}
test_case 'wb-event, wb-match and wb-render load neither libcurl nor libcrypto, wb-sign no libcurl; programs are not for all' libraries
