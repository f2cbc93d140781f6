#!/usr/bin/env bash
#
# packages.test.sh - what is handed to people: a tarball, a Debian package, an installation, pages as HTML

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# make_in DIRECTORY ARGUMENT… - make there, not as a part of a make that runs this test
make_in() {
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make --no-print-directory -C "$@"
}

needs_git() {
  git -C "$TOP" rev-parse -q --verify HEAD >/dev/null 2>&1 || skip 'not a git repository'
}

version=$(sed -n 's/^VERSION = //p' "$TOP/Makefile")
dist=wb-tools-$version

# ---- the tarball ----

is_reproducible() {
  needs_git
  make_in "$TOP" dist B="$T/one" 2>/dev/null
  git clone -q --no-hardlinks "$TOP" elsewhere
  mkdir other
  printf '[tar]\n\tumask = 0077\n[core]\n\tautocrlf = true\n\tattributesFile = %s\n' "$T/other/attributes" >other/.gitconfig
  printf '*.md export-ignore\n' >other/attributes
  (
    umask 077
    export HOME=$T/other TZ=Asia/Tokyo LC_ALL=C GZIP=-1
    make_in elsewhere dist B="$T/two" >/dev/null
  )
  cmp "one/$dist.tar.gz" "two/$dist.tar.gz"
  tar -tzf "one/$dist.tar.gz" >names
  expect_equal "$(grep -v "^$dist/" names || :)" ''
  expect_equal "$(sed "s,^$dist/,,; /\/\$/d; /^\$/d" names | sort)" "$(git -C "$TOP" ls-tree -r --name-only HEAD | sort)"
}
test_case 'dist: a commit makes the same bytes elsewhere, under other settings' is_reproducible

says_what_is_missing() {
  needs_git
  git clone -q "$TOP" changed
  make_in changed dist >/dev/null 2>err
  expect_empty err
  printf '\n' >>changed/README.md
  make_in changed dist >/dev/null 2>err
  expect_equal "$(<err)" 'dist: what is not committed is left out'
}
test_case 'dist: says so when there is something that is not committed' says_what_is_missing

# ---- an installation ----

# What is installed with PREFIX, and where: all tools, all pages, completions for each tool that people call.
expect_installed() {
  local root=$1 prefix=$2 zsh=$3 gz=$4 page file tool tools
  read -r -a tools < <(sed -n -E ':a; /\\$/ { N; s/\\\n//; ba }; s/^TOOLS +=//p' "$TOP/Makefile")
  ((${#tools[@]} > 10)) || fail 'hardly any tools in the Makefile'
  for tool in "${tools[@]}"; do
    [[ -x $root$prefix/bin/$tool ]] || fail "no $tool"
    [[ -f $root$prefix/share/man/man1/$tool.1$gz ]] || fail "no page for $tool"
  done
  for page in "$TOP"/man/*.[157]; do
    page=${page##*/}
    [[ -f $root$prefix/share/man/man${page##*.}/$page$gz ]] || fail "no $page"
  done
  for tool in wb-event wb-match wb-render wb-sign wb-send wb-deliver wb-automation; do
    [[ -f $root$prefix/share/bash-completion/completions/$tool && -f $root$prefix/share/zsh/$zsh/_$tool &&
      -f $root$prefix/share/fish/vendor_completions.d/$tool.fish ]] || fail "no completion of $tool"
  done
  for file in "$TOP"/man/examples/*.json "$TOP"/man/examples/workflows/*.yml; do
    [[ -f $root$prefix/share/doc/wb-tools/${file#"$TOP"/man/} ]] || fail "no ${file#"$TOP"/man/}"
  done
  for file in "$TOP"/tools/{machines,cron,logrotate}/*; do
    file=${file#"$TOP"/tools/}
    [[ -f $root$prefix/share/doc/wb-tools/$file ]] || fail "no $file"
    [[ ! -x $TOP/tools/$file || -x $root$prefix/share/doc/wb-tools/$file ]] || fail "$file cannot be run"
  done
  for file in "$TOP"/tools/systemd/*; do
    expect_match "$(<"$root$prefix/lib/systemd/system/${file##*/}")" '\[Unit\]'
  done
  expect_match "$(<"$root$prefix/lib/systemd/system/wb-deliver@.service")" "ExecStart=$prefix/bin/"
  zcat -f "$root$prefix/share/man/man7/wb-cookbook.7$gz" >page
  expect_match "$(<page)" "$prefix/share/doc/wb-tools/examples"
}

# try_tools DIRECTORY - a pipeline of the programs there
try_tools() {
  (
    PATH=$1:/usr/bin:/bin
    export WEBHOOK_SECRET=made-up GITHUB_TOKEN=made-up
    wb-event alias acme/model-registry/fraud:v3 production --id e1 | wb-match -c "$TOP/man/examples/github.json" |
      wb-render | wb-sign | wb-send --dry-run
    printf '{"eventType":"x"}\n' | wb-event read --from mlflow 2>&1 || :
  ) >out
  expect_match "$(<out)" '^# [0-9a-f]{32} deploy-production'$'\n''POST https://api.github.com/'
  expect_match "$(<out)" 'wb-event: 1 of 1 documents tell of no event'
}

installs() {
  [[ $WB_BIN == "$TOP" ]] || skip 'other tools than those that make installs'
  make_in "$TOP" -s install DESTDIR="$T/a root" >/dev/null
  expect_installed "$T/a root" /usr/local site-functions ''
  try_tools "$T/a root/usr/local/bin"
  make_in "$TOP" -s uninstall DESTDIR="$T/a root" >/dev/null
  expect_equal "$(find 'a root' ! -type d)" ''
}
test_case 'install, and uninstall takes all away' installs

# ---- the package ----

# The tests that the package runs are programs among other files that the compiler leaves.
runs_unit_tests() {
  command -v dh >/dev/null || skip 'no debhelper'
  mkdir -p tree/tests tree/build/tests/unit
  cp "$TESTS/run" tree/tests
  cp -R "$TOP/tools/debian" tree/debian
  printf 'units:\n\t@echo made\n' >tree/Makefile
  printf '#!/bin/sh\necho "ok - it"\n' >tree/build/tests/unit/it
  chmod +x tree/build/tests/unit/it
  printf 'it: it.c\n' >tree/build/tests/unit/it.d
  DEB_BUILD_OPTIONS='' make_in tree -s -f debian/rules override_dh_auto_test >said 2>&1 || fail "$(<said)"
  expect_match "$(<said)" 'made'
  expect_match "$(<said)" '1 passed, 0 failed$'
  printf '#!/bin/sh\necho "not ok - it"\n' >tree/build/tests/unit/it
  DEB_BUILD_OPTIONS='' expect_status 2 make_in tree -s -f debian/rules override_dh_auto_test >said 2>&1
}
test_case 'deb: the unit tests are run, all of them programs, and have to pass' runs_unit_tests

debian_package() {
  local deb library
  needs_git
  command -v dh >/dev/null || skip 'no debhelper'
  command -v lintian >/dev/null || skip 'no lintian'
  # a quicker compilation will do
  DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" DEB_CFLAGS_APPEND='-O0 -g1 -U_FORTIFY_SOURCE' make_in "$TOP" deb B="$T/made" >log 2>&1 ||
    fail "$(tail -n 30 log)"
  deb=("$T"/made/deb/wb-tools_"$version"-*.deb)
  dpkg-deb -x "${deb[0]}" package
  expect_installed "$T/package" /usr vendor-completions .gz
  expect_equal "$(find package ! -path 'package/usr*' ! -path package)" ''
  try_tools "$T/package/usr/bin"
  dpkg-deb -f "${deb[0]}" Depends >depends
  for library in libc6 libcurl4 libjq1 libonig5 libssl3; do
    expect_match "$(<depends)" "(^|, )$library"
  done
  # nothing tells where it was built
  ! grep -r -q -F "$T" package || fail "$(grep -r -l -F "$T" package)"
}
test_case 'deb: lintian finds no error and nothing to warn of, all is in it, and it runs' debian_package

# ---- pages as HTML ----

html() {
  command -v mandoc >/dev/null || skip 'no mandoc'
  make_in "$TOP" html B="$T"
  expect_equal "$(cd html && printf '%s\n' *.html)" \
    "$(cd "$TOP/man" && { printf '%s.html\n' *.[157] && printf 'index.html\n'; } | sort)"
  node "$TESTS/links.mjs" html/*.html >links
  expect_match "$(<links)" '^[0-9]{3,} links, 0 broken, [0-9]+ elsewhere$'
  # each of our pages is led to, from the index and from another one
  for page in "$TOP"/man/*.[157]; do
    page=${page##*/}
    expect_match "$(<html/index.html)" "href=\"$page.html\""
    expect_match "$(cat html/wb*.html)" "class=\"Xr\" href=\"$page.html\""
  done
  expect_equal "$(grep -o -h 'href="http[^"]*/wb[^"]*"' html/*.html || :)" ''
  # a link that leads nowhere is found
  sed -i 's/href="wb.7.html"/href="wb.8.html"/; s/href="#NAME"/href="#NAMES"/' html/wb-match.1.html
  expect_status 1 node "$TESTS/links.mjs" html/*.html >links
  expect_match "$(<links)" 'wb-match.1.html: wb.8.html'
  expect_match "$(<links)" 'wb-match.1.html: #NAMES'
}
test_case 'html: every link leads somewhere' html
