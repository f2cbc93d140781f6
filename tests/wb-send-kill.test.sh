#!/usr/bin/env bash
#
# wb-send-kill.test.sh - wb-send is killed at random moments, and loses nothing: what was under way may come again, and
# nothing else does
#
# Environment: KILLS (500) of ROUND (2000) deliveries

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

killed() {
  expect_status 0 node "$TESTS/killer.mjs" --kills "${KILLS:-500}" --deliveries "${ROUND:-2000}" --jobs 16 --dir . -- \
    wb-send --allow-http --allow-net 127.0.0.0/8 --order none --retries 0 --breaker 0 --progress never
}
test_case 'journal: killed at any moment, every delivery arrives, and only what was under way comes again' killed
