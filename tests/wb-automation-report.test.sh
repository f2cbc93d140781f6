#!/usr/bin/env bash
#
# wb-automation-report.test.sh - what became of deliveries, as text, as Markdown and as a page

# shellcheck disable=SC2016 # what looks like variables are secrets' names and Markdown
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# report ARGUMENT… - at 2026-11-24T12:00:00Z
printf '%s' "$(date -u -d 2026-11-24T12:00:00Z +%s)000" >"$T/clock"
report() {
  CLOCK_FILE=$T/clock with_shim clock wb-automation report "$@"
}

# line ID STATUS AT [MORE] - a line of a journal, with more members
line() {
  printf '{"delivery_id":"%s","status":"%s","at":"%s"%s}\n' "$1" "$2" "$3" "${4:+,$4}"
}

deploy='"automation":"deploy","event_id":"evt-1","event_type":"LINK_ARTIFACT","artifact_version_string":"a/b/c:v1","url":"https://hooks.acme.example/deploy"'
evaluate='"automation":"evaluate","event_id":"evt-2","queue":"acme/gpu"'
{
  line 1 deferred 2026-11-20T09:00:00.000Z "$deploy"',"attempts":3,"duration_ms":9000,"reason":"circuit"'
  line 2 finished 2026-11-22T09:00:00.000Z "$deploy"',"attempts":1,"http_status":204,"duration_ms":100'
  line 3 finished 2026-11-22T09:30:00.000Z "$deploy"',"attempts":3,"http_status":204,"duration_ms":2500'
  line 4 failed 2026-11-22T22:00:00.000Z "$deploy"',"attempts":6,"http_status":503,"duration_ms":300000,"error":{"class":"http","text":"the receiver says: no"}'
  line 5 attempted 2026-11-23T12:00:00.000Z "$evaluate"',"attempts":1'
  line 6 finished 2026-11-24T11:00:00.000Z "$evaluate"',"attempts":1,"duration_ms":1234,"run_queue_item_id":"x"'
  line 7 failed 2026-11-24T11:30:00.000Z "${deploy/evt-1/evt-7}"',"attempts":0,"duration_ms":0,"error":{"class":"secret","text":"secret KEY: not found"}'
  line 1 finished 2026-11-24T11:45:00.000Z "$deploy"',"attempts":1,"http_status":204,"duration_ms":220'
} >"$T/journal"

# ---- text ----

text() {
  cat >want <<'END'
Deliveries, 2026-11-22 00:00 to 2026-11-24 12:00 UTC

  7 in all, 4 finished, 2 failed, 1 pending
  success 66.6%, retried 2, retries 7
  finished within p50 222 ms, p95 2.50 s, p99 2.50 s

Over time, a column is 3 hours, from 2026-11-22 00:00 to 2026-11-24 15:00 UTC

  finished  ···█···············█·  2 at most
  failed    ·······█···········█·  1 at most
  pending   ············█········  1 at most

DELIVERIES  FINISHED  FAILED  PENDING  RETRIES     P50     P95     P99  ENDPOINT
         5         3       2        0        7  222 ms  2.50 s  2.50 s  https://hooks.acme.example/deploy
         2         1       0        1        0  1.23 s  1.23 s  1.23 s  queue acme/gpu

DELIVERIES  FINISHED  FAILED  PENDING  RETRIES     P50     P95     P99  AUTOMATION
         5         3       2        0        7  222 ms  2.50 s  2.50 s  deploy
         2         1       0        1        0  1.23 s  1.23 s  1.23 s  evaluate

DELIVERIES  STATUS   CAUSE      WHAT TO DO
         1  Failed   http 503   The receiver was in trouble: 'wb-deliver retry' sends them again when it is well
         1  Failed   secret     'wb-automation check --resolve' tells which are missing; 'wb-deliver retry' sends again
         1  Pending  attempted  The job may be on its queue already: the next run asks

FAILED AT         AUTOMATION  EVENT ID  ERROR
2026-11-24 11:30  deploy      evt-7     secret: secret KEY: not found
2026-11-22 22:00  deploy      evt-1     http 503: the receiver says: no
END
  report --journal journal --text --since 2026-11-22T00:00:00Z >out
  expect_file out want
  # every other locale has only ASCII
  sed -i -e 's/·/0/g; s/█/9/g' want
  LC_ALL=C report --journal journal --text --since 2.5d >out
  expect_file out want
  ! LC_ALL=C grep -q -P '[^\x00-\x7f]' out || fail 'not ASCII'
}
test_case 'text: numbers, sparklines and tables; the last line of a delivery counts' text

levels() {
  local i
  for ((i = 0; i < 20; i++)); do
    line "a$i" finished "2026-11-24T00:00:0$((i % 10)).000Z"
    ((i >= 10)) || line "b$i" finished 2026-11-24T00:01:00.000Z
  done >j
  line c finished 2026-11-24T00:15:00Z >>j
  report --journal j --text | sed -n '/^  finished  /p' >out
  expect_equal "$(<out)" '  finished  █▄·············▁  20 at most'
  LC_ALL=C report --journal j --text | sed -n '/^  finished  /p' >out
  expect_equal "$(<out)" '  finished  9500000000000001  20 at most'
}
test_case 'text: the height of a column is rounded up, so that what has happened is seen' levels

# ---- Markdown ----

markdown() {
  cat >want <<'END'
## Deliveries

2026-11-20 12:00 to 2026-11-24 12:00 UTC

| Deliveries | Finished | Failed | Pending | Success | Retried | Retries | p50 | p95 | p99 |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 7 | 4 | 2 | 1 | 66.6% | 2 | 7 | 222 ms | 2.50 s | 2.50 s |

### Over time

A row is 1 day: finished █, failed ▓, pending ░

| From (UTC) | Finished | Failed | Pending | |
| --- | ---: | ---: | ---: | --- |
| 2026-11-20 00:00 | 0 | 0 | 0 |  |
| 2026-11-21 00:00 | 0 | 0 | 0 |  |
| 2026-11-22 00:00 | 2 | 1 | 0 | █████████████▓▓▓▓▓▓▓ |
| 2026-11-23 00:00 | 0 | 0 | 1 | ░░░░░░░ |
| 2026-11-24 00:00 | 2 | 1 | 0 | █████████████▓▓▓▓▓▓▓ |

### Endpoints

| Endpoint | Deliveries | Finished | Failed | Pending | Retries | p50 | p95 | p99 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| `https://hooks.acme.example/deploy` | 5 | 3 | 2 | 0 | 7 | 222 ms | 2.50 s | 2.50 s |
| `queue acme/gpu` | 2 | 1 | 0 | 1 | 0 | 1.23 s | 1.23 s | 1.23 s |

### Automations

| Automation | Deliveries | Finished | Failed | Pending | Retries | p50 | p95 | p99 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| `deploy` | 5 | 3 | 2 | 0 | 7 | 222 ms | 2.50 s | 2.50 s |
| `evaluate` | 2 | 1 | 0 | 1 | 0 | 1.23 s | 1.23 s | 1.23 s |

### Causes

| Cause | Status | Deliveries | What to do |
| --- | --- | ---: | --- |
| `http 503` | Failed | 1 | The receiver was in trouble: 'wb-deliver retry' sends them again when it is well |
| `secret` | Failed | 1 | 'wb-automation check --resolve' tells which are missing; 'wb-deliver retry' sends again |
| `attempted` | Pending | 1 | The job may be on its queue already: the next run asks |

### Failed

| At (UTC) | Automation | Event | Error |
| --- | --- | --- | --- |
| 2026-11-24 11:30 | `deploy` | `evt-7` | `secret: secret KEY: not found` |

and 1 more: `wb-automation history --status failed` shows all
END
  report --journal journal --markdown --since 4d --limit 1 >out
  expect_file out want
}
test_case 'markdown: tables for the summary of a job' markdown

# What strangers could have called something.
hostile=(
  '<script>alert(1)</script>' '"onload="x' "'><svg onload=x>" 'a|b\|c\\|d' '`` ` ``' '`' ' a ' '@acme/everyone' 'a@acme.example'
  '[x](javascript:x)' 'https://evil.example/?a=1&b=2' '&lt;b&gt; &#64;x' '<!--' ']]>' '*b* _i_ ~~s~~' '</code></td>'
)
hostile_journal() {
  local name n=0
  for name in "${hostile[@]}" $'a\tb\nc' $'\e[31mred\u009b' $'\u202eevil' $'zero\u200bwidth'; do
    jq -n -c --arg name "$name" --arg id "$((n++))" '{delivery_id: $id, status: "failed", at: "2026-11-24T10:00:00Z",
      automation: $name, event_id: $name, event_type: $name, artifact_version_string: $name, url: $name, attempts: 1,
      error: {class: $name, text: $name}}'
  done
  jq -n -c --arg name "$(printf '%010000d' 0)" '{delivery_id: "long", status: "failed", at: "2026-11-24T10:00:00Z",
    automation: $name, event_id: $name, url: $name, error: {class: $name, text: $name}}'
}

hostile_markdown() {
  hostile_journal >j
  report --journal j --markdown --limit 100 >out
  # by the parser that GitHub's is made of
  cmark-gfm --unsafe -e table -e autolink -e strikethrough -e tasklist <out >html
  # nothing but headings, tables and code
  grep -o -E '<[a-zA-Z/!?][^>]*>' html | sed -E 's/ align="(left|right)"//; s/<hr \/>//' | sort -u >tags
  expect_equal "$(tr '\n' ' ' <tags)" \
    '</code> </h2> </h3> </p> </table> </tbody> </td> </th> </thead> </tr> <code> <h2> <h3> <p> <table> <tbody> <td> <th> <thead> <tr> '
  expect_no_match "$(<html)" 'alert\(1\)</script'
  # each name stands there as it is, but for what is not shown, and one pipe that is spelled
  sed -n '/<h3>Automations/,/<h3>Causes/p' html | sed -n -E 's/^<td><code>(.*)<\/code><\/td>$/\1/p' |
    sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g' | sort >names
  {
    printf '%s\n' "${hostile[@]}" | sed 's/\\|/\\\\x7c/g'
    printf '%s\n' 'a\x09b\x0ac' '\x1b[31mred\xc2\x9b' '\xe2\x80\xaeevil' 'zero\xe2\x80\x8bwidth' "$(printf '%0508d' 0)..."
  } | sort >want
  expect_file names want
}
test_case 'markdown: names of strangers are code, whatever is in them' hostile_markdown

hostile_text() {
  hostile_journal >j
  report --journal j --text --limit 100 >out
  ! LC_ALL=C grep -q -P '[\x00-\x09\x0b-\x1f\x7f]' out || fail 'control characters'
  expect_no_match "$(<out)" $'\u202e|\u200b|\u009b'
}
test_case 'text: nothing of a name moves the cursor or turns the line' hostile_text

# ---- what counts ----

windows() {
  local want
  # since is in it, until is not
  report --journal journal --text --since 2026-11-22T09:30:00Z --until 2026-11-24T11:30:00Z >out
  expect_match "$(<out)" $'\n  4 in all, 2 finished, 1 failed, 1 pending\n'
  expect_match "$(<out)" '^Deliveries, 2026-11-22 09:30 to 2026-11-24 11:30 UTC'
  # an earlier line of a delivery is not counted in its stead
  report --journal journal --text --until 2026-11-21T00:00:00Z >out
  want=$'Deliveries, until 2026-11-21 00:00 UTC\n\n  0 in all, 0 finished, 0 failed, 0 pending\n'
  want+=$'  success -, retried 0, retries 0\n  finished within p50 -, p95 -, p99 -'
  expect_equal "$(<out)" "$want"
  report --journal journal --text --since 90m --until 15m >out
  expect_match "$(<out)" $'\n  2 in all, 1 finished, 1 failed, 0 pending\n'
}
test_case '--since, --until: by the time of the line that counts' windows

several_journals() {
  {
    line a failed 2026-11-24T10:00:00Z
    line b finished 2026-11-24T10:20:00Z '"automation":"x"'
  } >one
  {
    line a finished 2026-11-24T10:10:00Z
    line b failed 2026-11-24T10:15:00+00:00
    line c failed 2026-11-24T10:30:00Z '"automation":"y","error":{"class":"dns","text":"t"}'
  } >two
  report --journal one --journal two --text >out
  expect_match "$(<out)" $'\n  3 in all, 2 finished, 1 failed, 0 pending\n'
  report --journal two --journal one --text >other
  expect_file other out
  report --journal two --journal one --html >page
  # the command names the journal that has it
  grep -q -F "wb-automation history --json --journal &#39;two&#39; | jq &#39;select(.delivery_id == &quot;c&quot;)&#39;" page
}
test_case 'several journals: the newest line of a delivery counts, whichever has it' several_journals

unlike_ours() {
  {
    printf '{"delivery_id":"1","status":"finished"}\n'
    printf '{"delivery_id":"2","status":"finished","at":"yesterday","duration_ms":"5","attempts":-1}\n'
    printf '{"delivery_id":"3","status":"skipped","at":"2026-11-24T10:00:00Z","attempts":1e3,"duration_ms":1.5}\n'
    printf '{"delivery_id":"4","status":"failed","at":"2026-11-24T10:00:00Z","error":{"class":5}}\n'
    printf '\n  \n'
    printf '{"delivery_id":"5","status":"failed","at":"2026-11-24T10:00:00Z","error":"x","http_status":99999999999999999999}\n'
    printf '{"delivery_id":"6","status":"finished","at":"1970-01-01T00:00:00Z","duration_ms":999999999999999}\n'
    printf '{"delivery_id":"7","status":"finished","at":"9999-12-31T23:59:59Z","duration_ms":0}\n'
  } >j
  report --journal j --text >out
  expect_match "$(<out)" $'\n  7 in all, 4 finished, 2 failed, 0 pending, 1 other\n'
  expect_match "$(<out)" 'retried 0, retries 0'
  expect_match "$(<out)" 'without a time, and so in no sparkline: 2'
  expect_match "$(<out)" $'\n         2  Failed  \\(not told\\)'
  expect_match "$(<out)" 'a column is 52000 weeks'
  report --journal j --html >page
  report --journal j --markdown >page
  # without a time it is not known whether they belong there
  report --journal j --text --since 9d >out
  expect_match "$(<out)" $'\n  4 in all, 1 finished, 2 failed, 0 pending, 1 other\n'
}
test_case 'lines that others have written, times at the ends of the calendar' unlike_ours

# Of a journal with 300 of each.
many() {
  local i
  for ((i = 0; i < 300; i++)); do
    line "$i" failed 2026-11-24T10:00:00Z \
      "\"automation\":\"a$i\",\"url\":\"https://h$i.example/\",\"attempts\":2,\"error\":{\"class\":\"c$i\",\"text\":\"t\"}"
  done >j
  report --journal j --text -n 1000 >out
  expect_equal "$(grep -c 'https://h' out), $(grep -c '  a[0-9]*$' out), $(grep -c 'Failed  c' out), $(grep -c 'a[0-9].* c[0-9]*: t$' out)" \
    '256, 256, 256, 300'
  expect_equal "$(grep -c -E '^ +44 .*\(all others\)$' out)" 3
  # those kept are the newest; what is not is counted
  expect_equal "$(grep -c 'https://h44\.' out), $(grep -c 'https://h43\.' out)" '1, 0'
  report --journal j --text >out
  expect_equal "$(grep -c 'a[0-9].* c[0-9]*: t$' out)" 20
  expect_equal "$(tail -n 1 out)" "and 280 more: 'wb-automation history --status failed' shows all"
  report --journal j --text -n 0 >out
  expect_no_match "$(<out)" 'FAILED AT'
}
test_case 'no more than 256 endpoints, automations and causes are told apart' many

# Against jq, which sorts what it is given.
differential() {
  awk 'BEGIN {
    srand(20)
    for (i = 0; i < 20000; i++) {
      s = rand() < .8 ? "finished" : rand() < .7 ? "failed" : "deferred"
      printf "{\"delivery_id\":\"%d\",\"status\":\"%s\",\"at\":\"2026-11-%02dT%02d:00:00Z\",\"automation\":\"a%d\",\"url\":\"https://h%d.example/\",\"attempts\":%d,\"duration_ms\":%d}\n",
        rand() * 15000, s, 1 + rand() * 23, rand() * 24, rand() * 7, rand() * 30, rand() * 6, exp(rand() * 18)
    }
  }' >j
  # the newest line counts, which is the last of the file only where times are in order
  jq -c . j | jq -s -c 'sort_by(.at)[]' >sorted
  report --journal sorted --text >out
  sed -n '/ENDPOINT$/,/^$/p' out | awk '/https/ { print $NF, $1, $2, $3, $4, $5 }' | tr -d , | sort >got
  jq -s -r 'reduce .[] as $x ({}; .[$x.delivery_id] = $x) | [.[]] | group_by(.url)[] |
    [.[0].url, length, (map(select(.status == "finished")) | length), (map(select(.status == "failed")) | length),
     (map(select(.status == "deferred")) | length), (map(select(.attempts > 1) | .attempts - 1) | add)] | join(" ")' sorted |
    sort >want
  expect_file got want
  # in milliseconds: the median of each endpoint
  sed -n '/ENDPOINT$/,/^$/p' out | awk '/https/ { u["ms"] = 1; u["s"] = 1000; u["min"] = 60000; u["h"] = 3600000
    for (i = 6; i < 12; i += 2) printf "%s %s\n", $NF, $i * u[$(i + 1)] }' | sort >got
  jq -s -r 'reduce .[] as $x ({}; .[$x.delivery_id] = $x) | [.[] | select(.status == "finished")] | group_by(.url)[] |
    .[0].url as $u | (map(.duration_ms) | sort) as $v | (50, 95, 99) as $p |
    "\($u) \($v[(($v | length) * $p / 100 | ceil) - 1])"' sorted | sort >want
  paste -d ' ' got want >both
  expect_equal "$(wc -l <both)" 90
  # as exact as told, and rounded to three digits
  awk '{ d = $2 - $4; if (d < 0) d = -d; if ($1 != $3 || d > $4 * (1 / 64 + .006) + .5) { print; exit 1 } }' both ||
    fail 'more than 1.6% off'
}
test_case 'the numbers are those of jq, and the percentiles within 1.6% of them' differential

# ---- what is wrong ----

bad_lines() {
  { head -n 3 "$T/journal" && echo 'no line' && printf '{"delivery_id":"%070000d","status":"x"}\n' 0 && sed -n 4,8p "$T/journal"; } >j
  printf '{"delivery_id":"torn","sta' >>j
  report --journal "$T/journal" --text >want
  expect_status 1 report --journal j --text >out 2>err
  expect_file out want
  expect_equal "$(wc -l <err)" 2
  expect_match "$(<err)" 'wb-automation: j: byte [0-9]+: a line longer than 65536 bytes'
  expect_match "$(<err)" $'wb-automation: j: byte [0-9]+: [^\n]*$'
}
test_case 'status 1: lines that are none are told, all others count, an unfinished last one is no error' bad_lines

empty() {
  : >j
  report --journal j --text >out
  expect_match "$(<out)" $'^Deliveries, no times\n\n  0 in all'
  report --journal j --markdown >out
  expect_match "$(<out)" '^## Deliveries'
  report --journal j >out
  expect_match "$(<out)" '<h1>No deliveries</h1>'
  report --journal j --since 1d --text >out
  expect_match "$(<out)" '^Deliveries, 2026-11-23 12:00 to 2026-11-24 12:00 UTC'
}
test_case 'an empty journal' empty

refused() {
  expect_status 2 report "${@:2}" >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-automation: $1" message
}
refusals() {
  refused 'report needs --journal FILE, the journal of wb-send'
  refused "too many operands: 'x'" --journal journal x
  refused '--since is not before --until: nothing could be shown' --journal journal --since 1h --until 1h
  refused "--since takes a time such as 7d or 2026-11-24T02:25:00Z, not '2026-11-24'" --journal journal --since 2026-11-24
  refused "--until takes a time such as 250ms, 30s, 10m, 2h or 1d, at most 3153600000 s, not 'soon'" --journal journal --until soon
  refused "--limit takes a whole number from 0 to 1000, not '1001'" --journal journal --limit 1001
  expect_status 2 wb-automation --journal journal report >out 2>err
  expect_equal "$(<err)" 'wb-automation: report stands first: wb-automation report ...'
  expect_status 2 wb-automation reprot 2>err
  expect_equal "$(<err)" "wb-automation: unknown command 'reprot'; did you mean 'report'?"
  wb-automation report --help | grep -q -e --markdown
}
test_case 'status 2: what makes no sense is refused' refusals

unreadable() {
  expect_status 3 report --journal none --text >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-automation: cannot read journal 'none': No such file or directory"
  expect_status 3 report --journal journal --journal . >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-automation: cannot read journal '.': Is a directory"
  for format in --html --markdown --text; do
    expect_status 3 report --journal journal "$format" >/dev/full 2>err
    expect_equal "$(<err)" 'wb-automation: cannot write to standard output: No space left on device'
  done
}
test_case 'status 3: what cannot be read or written' unreadable

early_reader() {
  many
  (report --journal j || echo "status $?") 2>err | head -n 1 >out
  expect_empty err
  expect_equal "$(<out)" '<!DOCTYPE html>'
}
test_case 'a reader that has seen enough is no failure' early_reader

# ---- the page ----

# looks FILE… - tests/report.mjs, in a browser
looks() {
  command -v chromium >/dev/null || skip 'there is no chromium'
  node "$TESTS/report.mjs" "$@"
}

page() {
  report --journal "$T/journal" --since 4d >page.html
  report --journal "$T/journal" --until 2026-11-23T00:00:00Z >earlier.html
  looks page.html earlier.html
}
test_case 'html: valid, accessible, in every width and light, and its bars are as high as the numbers' page

hostile_page() {
  hostile_journal >j
  report --journal j -n 100 >page.html
  looks page.html
  expect_equal "$(grep -c '<h3>' page.html)" 21
  grep -q -F '<h3>&lt;script&gt;alert(1)&lt;/script&gt;</h3>' page.html
  grep -q -F '<h3>\xe2\x80\xaeevil</h3>' page.html
}
test_case 'html: names of strangers are text' hostile_page

large_page() {
  awk 'BEGIN {
    srand(7)
    for (i = 0; i < 30000; i++) {
      s = rand() < .9 ? "finished" : rand() < .6 ? "failed" : "deferred"
      t = i * 20
      printf "{\"delivery_id\":\"%d\",\"status\":\"%s\",\"at\":\"2026-11-%02dT%02d:%02d:00Z\",\"automation\":\"a%d\",\"url\":\"https://hooks%d.acme.example/a/rather/long/path/with/%d/parts\",\"attempts\":%d,\"duration_ms\":%d,\"error\":{\"class\":\"timeout\",\"text\":\"no answer\"}}\n",
        i, s, 17 + int(t / 86400), int(t / 3600) % 24, int(t / 60) % 60, rand() * 20, rand() * 12, rand() * 12, 1 + rand() * 3, exp(rand() * 12)
    }
  }' >j
  report --journal j --since 7d >page.html
  looks page.html
}
test_case 'html: many deliveries' large_page

commands() {
  local command
  cp "$T/journal" "it's"
  report --journal "it's" >page.html
  command=$(sed -n -E 's/.*<code>(wb-automation history --json.*)<\/code>.*/\1/p' page.html | head -n 1 |
    sed "s/&#39;/'/g; s/&quot;/\"/g; s/&amp;/\\&/g")
  expect_equal "$(bash -c "$command" | jq -c '[.delivery_id, .event_id, .error.text]')" '["7","evt-7","secret KEY: not found"]'
}
test_case 'html: the command that goes with a failure shows it' commands

few_pages() {
  : >j
  report --journal j >none.html
  line 1 finished 2026-11-24T10:00:00Z >j
  report --journal j >one.html
  printf '{"delivery_id":"1","status":"finished"}\n{"delivery_id":"2","status":"odd"}\n' >j
  report --journal j >undated.html
  looks none.html one.html undated.html
}
test_case 'html: no delivery, one, and ones without a time' few_pages

no_fetching() {
  report --journal "$T/journal" >page.html
  ! grep -q -i -E '<(script|link|img|iframe|object|embed|base|form|a)\b|@import|url\([^#]|[[:space:]]on[a-z]+=' page.html || fail "$(<page.html)"
  grep -q -F "content=\"default-src &#39;none&#39;; style-src" page.html
}
test_case 'html: there is nothing in it that could be fetched or run' no_fetching
