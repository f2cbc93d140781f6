#!/usr/bin/env bash
#
# completion.test.sh - completions for bash, zsh and fish: made of the help, and taken by the shells

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

TOOLS=(wb-event wb-match wb-render wb-sign wb-send wb-deliver wb-automation)

# ---- help of single commands ----

# helps COMMAND… - the options that the help of a command shows
helps() {
  "$@" --help | sed -n 's/^ .*--\([a-z-]*\).*/\1/p' | sed -n '/^help$/q; p' | tr '\n' ' '
}

command_help() {
  expect_equal "$(helps wb-automation enable)" 'config '
  expect_equal "$(helps wb-automation delete)" 'config yes keep-webhook '
  expect_equal "$(helps wb-automation show x)" 'config json '
  expect_equal "$(wb-automation disable --help | sed -n 's/^usage: //p; /^$/q')" \
    'wb-automation enable|disable NAME [-c PATH]...'
  expect_equal "$(wb-automation add --help | sed -n '/^$/q; p')" \
    'usage: wb-automation add NAME [-c PATH]... --webhook NAME|--url URL|--template NAME
                              [OPTION...]
       wb-automation add NAME [-c PATH]... --launch QUEUE --run-project ENTITY/PROJECT
                              --job JOB|--docker-image IMAGE [OPTION...]'
  expect_equal "$(helps wb-event commit)" 'state run '
  expect_equal "$(helps wb-event tag x/y/z:1 t)" 'author metadata artifact-id time id '
  # a name that is like a command is none
  expect_equal "$(helps wb-event x link)" "$(helps wb-event)"
}
test_case 'the help of a command tells of its options only' command_help

# What the help says of a command is what the command takes.
takes_what_it_says() {
  local command option all status
  mapfile -t all < <(wb-automation --help | sed -n 's/^ .*--\([a-z-]*\).*/\1/p')
  ((${#all[@]} > 40)) || fail 'few options'
  for command in list show history check enable disable delete; do
    for option in "${all[@]}"; do
      [[ $option != @(help|version|online) ]] || continue
      status=0
      wb-automation "$command" "--$option" 5 >out 2>&1 || status=$?
      [[ $(<out) == *"option '--$option' needs"* ]] && continue
      if [[ " $(helps wb-automation "$command") " == *" $option "* ]]; then
        [[ $(<out) != *'does not go with'* ]] || fail "$command --$option: $(<out)"
      else
        [[ $(<out) == *'does not go with'* || $status == 2 ]] || fail "$command --$option: $(<out)"
      fi
    done
  done
}
test_case 'commands take the options of their help' takes_what_it_says

# ---- what completions are made of ----

make_completions() {
  local tool
  mkdir bash zsh fish
  for tool in "${TOOLS[@]}"; do
    "$TOP/tools/completion/tables" "$WB_BIN" "$tool" >"tables.$tool"
    awk -v body="$TOP/tools/completion/bash.body" -f "$TOP/tools/completion/bash.awk" "tables.$tool" >"bash/$tool"
    awk -v body="$TOP/tools/completion/zsh.body" -f "$TOP/tools/completion/zsh.awk" "tables.$tool" >"zsh/_$tool"
    awk -v body="$TOP/tools/completion/fish.body" -f "$TOP/tools/completion/fish.awk" "tables.$tool" >"fish/$tool.fish"
  done
}
make_completions || fail 'no completions'

tables_are_whole() {
  local tool
  for tool in "${TOOLS[@]}"; do
    { "$tool" --help
      [[ $tool != @(wb-event|wb-deliver) ]] || { wb-event poll --help && wb-event read --help; }
      [[ $tool != wb-automation ]] || { wb-automation import --help && wb-automation check --online --help && wb-automation report --help; }
    } | sed -n -E 's/^ +(-., )?--([a-z-]+).*/\2/p' | sort -u >want
    awk -F '\t' '$1 == "option" { print $4 }' "tables.$tool" >got
    # what is given by wb-deliver itself
    [[ $tool != wb-deliver ]] || printf '%s\n' auto-commit follow interval run state >>got
    expect_equal "$(sort -u got)" "$(<want)" "$tool"
  done
}
test_case 'every option of the help is completed' tables_are_whole

# What is completed behind wb-deliver poll is what wb-event poll takes, without what wb-deliver gives it itself.
lent_options() {
  local option
  while read -r option; do
    expect_status 2 wb-deliver -c none -d lent poll "--$option" >said 2>&1 </dev/null
    if grep -q -P "^option\tpoll\t.\t$option\t" tables.wb-deliver; then
      [[ $(<said) != *'is not to be given'* ]] || fail "--$option: $(<said)"
    else
      expect_match "$(<said)" "poll: --$option is not to be given"
    fi
  done < <(awk -F '\t' '$2 == "poll" && $1 == "option" && $4 !~ /^(help|version)$/ { print $4 }' tables.wb-event)
  expect_equal "$(sed -n 's/^option\tread\t/&/p' tables.wb-deliver)" "$(sed -n 's/^option\tread\t/&/p' tables.wb-event)"
}
test_case 'wb-deliver completes what it hands on as wb-event does' lent_options

# says_of OPTION=WORD - what the tool, or its command, says when it gets that, and what it needs beside it
says_of() {
  local line=("$tool")
  [[ $command == - ]] || line+=("$command")
  if [[ $command == add ]]; then
    rm -rf made
    mkdir made
    line+=(x -c made --cooldown 5m)
    [[ $1 == --on=* ]] || line+=(--on link)
    [[ $1 == --template=* ]] || line+=(--url https://hooks.acme.example/)
  fi
  "${line[@]}" "$1" </dev/null 2>&1 || :
}

# A word that is offered is taken: at least, it is not what is complained of.
words_are_taken() {
  local tool command option words word n=0
  for tool in "${TOOLS[@]}"; do
    while IFS=$'\t' read -r command option words; do
      expect_match "$(says_of "--$option=no-such-word")" 'no-such-word|: expected env, | must be '
      for word in $words; do
        [[ $word != *: ]] || word+=/tmp
        expect_equal "$(says_of "--$option=$word" | grep -E "(takes|unknown) .*['\"]${word}['\"]" || :)" '' \
          "$tool $command --$option=$word"
        ((++n))
      done
    done < <(awk -F '\t' '$1 == "option" && $7 != "-" { print $2 "\t" $4 "\t" $7 }' "tables.$tool")
  done
  ((n > 40)) || fail "only $n words"
}
test_case 'every word that is offered is taken, and others are not' words_are_taken

# ---- the shells ----

make_place() {
  mkdir place place/folder
  cd place || return
  cp "$TOP/man/examples/github.json" .
  printf '{"automations":[{"name":"tell all","on":{"event_type":"LINK_ARTIFACT"},"action":{"type":"none"}},
    {"name":"quoted \\"name\\"","on":{"event_type":"LINK_ARTIFACT"},"action":{"type":"none"}}]}' >folder/other.json
  : >notes.txt
}

# completes SHELL - the lines of standard input, each of which ends in <TAB> and is followed by what it becomes
completes() {
  local lines want got
  command -v zsh >/dev/null || skip 'no zsh'
  command -v "$1" >/dev/null || skip "no $1"
  mapfile -t lines
  printf '%s\n' "${lines[@]}" | sed -n 's/<TAB>$//p' >asked
  printf '%s\n' "${lines[@]}" | sed -n 'n; s/ *$//; p' >want
  (make_place && zsh -f "$TESTS/complete.zsh" "$1" "$T/$1" <"$T/asked") | sed 's/ *$//' >got
  rm -rf place
  expect_equal "$(paste -d '\n' asked got)" "$(paste -d '\n' asked want)" "$1"
}

in_bash() {
  completes bash <<'END'
wb-send --jo<TAB>
wb-send --jobs --journal --journal-keep
wb-send --dry-run=<TAB>
wb-send --dry-run=curl text
wb-send --progress al<TAB>
wb-send --progress always
wb-send --rejects no<TAB>
wb-send --rejects notes.txt
wb-send --rejects=no<TAB>
wb-send --rejects=notes.txt
wb-send gi<TAB>
wb-send github.json
wb-send --jobs <TAB>
wb-send --jobs
wb-send --secrets=e<TAB>
wb-send --secrets=env exec:
wb-send --secrets=dir:fol<TAB>
wb-send --secrets=dir:folder
wb-event <TAB>
wb-event alias commit link poll read tag
wb-event link no<TAB>
wb-event link no
wb-event read no<TAB>
wb-event read notes.txt
wb-event link -m @no<TAB>
wb-event link -m @notes.txt
wb-event commit --<TAB>
wb-event commit --help --run --state --version
wb-event poll --f<TAB>
wb-event poll --follow
wb-deliver --send x --every 5m --dr<TAB>
wb-deliver --send x --every 5m --dry-run
wb-deliver -c folder pol<TAB>
wb-deliver -c folder poll
wb-deliver no<TAB>
wb-deliver notes.txt
wb-deliver -d poll --every 5m rea<TAB>
wb-deliver -d poll --every 5m read
wb-deliver poll --<TAB>
wb-deliver poll --all --allow-host --allow-http --allow-net --cacert --help --include-latest --jobs --proxy --registries --retries --retry-max-time --secret-timeout --secrets --since --timeout --version
wb-deliver -c folder read --f<TAB>
wb-deliver -c folder read --from
wb-deliver read --from mlf<TAB>
wb-deliver read --from mlflow
wb-deliver read no<TAB>
wb-deliver read notes.txt
wb-deliver -d folder ret<TAB>
wb-deliver -d folder retry
wb-deliver retry no<TAB>
wb-deliver retry no
wb-automation add --template p<TAB>
wb-automation add --template pagerduty
wb-automation show -c github.json <TAB>
wb-automation show -c github.json deploy-production
wb-automation test --config=folder -c github.json <TAB>
wb-automation test --config=folder -c github.json deploy-production tell\ all
wb-automation add -c github.json <TAB>
wb-automation add -c github.json
wb-automation check --onl<TAB>
wb-automation check --online
true | wb-sign   --verify   st<TAB>
true | wb-sign   --verify   standard
wb-sign -- --v<TAB>
wb-sign -- --v
END
}
test_case 'bash' in_bash

in_zsh() {
  completes zsh <<'END'
wb-send --jo<TAB>
wb-send --jobs --journal --journal-keep=
wb-send --dry-run=c<TAB>
wb-send --dry-run=curl
wb-send --progress al<TAB>
wb-send --progress always
wb-send --rejects no<TAB>
wb-send --rejects notes.txt
wb-send --rejects=no<TAB>
wb-send --rejects=notes.txt
wb-send gi<TAB>
wb-send github.json
wb-send -j 4 -r 2 --secrets dir:fol<TAB>
wb-send -j 4 -r 2 --secrets dir:folder/
wb-event <TAB>
wb-event alias commit link poll read tag
wb-event read no<TAB>
wb-event read notes.txt
wb-event link -m @no<TAB>
wb-event link -m @notes.txt
wb-event poll --f<TAB>
wb-event poll --follow
wb-event read -f mlf<TAB>
wb-event read -f mlflow
wb-deliver --send x --every 5m --dr<TAB>
wb-deliver --send x --every 5m --dry-run
wb-deliver -c folder pol<TAB>
wb-deliver -c folder poll
wb-deliver no<TAB>
wb-deliver notes.txt
wb-deliver -d poll --every 5m rea<TAB>
wb-deliver -d poll --every 5m read
wb-deliver poll --se<TAB>
wb-deliver poll --secret-timeout --secrets=
wb-deliver poll --b<TAB>
wb-deliver poll --b
wb-deliver -c folder read --f<TAB>
wb-deliver -c folder read --from=
wb-deliver read --from mlf<TAB>
wb-deliver read --from mlflow
wb-deliver read no<TAB>
wb-deliver read notes.txt
wb-deliver -d folder ret<TAB>
wb-deliver -d folder retry
wb-deliver retry no<TAB>
wb-deliver retry no
wb-automation add --template p<TAB>
wb-automation add --template pagerduty
wb-automation show -c github.json <TAB>
wb-automation show -c github.json deploy-production
wb-automation test --config=folder -c github.json t<TAB>
wb-automation test --config=folder -c github.json tell\ all
wb-automation check --onl<TAB>
wb-automation check --online
wb-sign --verify st<TAB>
wb-sign --verify standard
END
}
test_case 'zsh' in_zsh

# fish_says LINE - the completions of a line, without what they mean
fish_says() {
  # shellcheck disable=SC2016 # expanded by fish
  fish --no-config -c 'for file in $argv[2..-1]; source $file; end; complete -C $argv[1]' "$1" "$T"/fish/*.fish |
    sed 's/\t.*//' | sort | tr '\n' ' '
}

in_fish() {
  command -v fish >/dev/null || skip 'no fish'
  make_place
  expect_equal "$(fish_says 'wb-send --jo')" '--jobs --journal --journal-keep '
  expect_equal "$(fish_says 'wb-send --dry-run=')" '--dry-run=curl --dry-run=text '
  expect_equal "$(fish_says 'wb-send --progress ')" 'always auto never '
  expect_equal "$(fish_says 'wb-send --rejects no')" 'notes.txt '
  expect_equal "$(fish_says 'wb-send no')" 'notes.txt '
  expect_equal "$(fish_says 'wb-send --secrets dir:f')" 'dir:folder/ '
  expect_equal "$(fish_says 'wb-event ')" 'alias commit link poll read tag '
  expect_equal "$(fish_says 'wb-event link no')" ''
  expect_equal "$(fish_says 'wb-event read no')" 'notes.txt '
  expect_equal "$(fish_says 'wb-event link -m @no')" '@notes.txt '
  expect_equal "$(fish_says 'wb-deliver --se')" '--secret-host --secret-timeout --secrets --send '
  expect_equal "$(fish_says 'wb-deliver po')" 'poll '
  expect_equal "$(fish_says 'wb-deliver no')" 'notes.txt '
  expect_equal "$(fish_says 'wb-deliver poll --se')" '--secret-timeout --secrets '
  expect_equal "$(fish_says 'wb-deliver read --f')" '--from '
  expect_equal "$(fish_says 'wb-deliver read no')" 'notes.txt '
  expect_equal "$(fish_says 'wb-deliver ret')" 'retry '
  expect_equal "$(fish_says 'wb-deliver retry no')" ''
  expect_equal "$(fish_says 'wb-automation delete --k')" '--keep-webhook '
  expect_equal "$(fish_says 'wb-automation enable --k')" ''
  expect_equal "$(fish_says 'wb-automation show -c github.json ')" 'deploy-production '
  expect_equal "$(fish_says 'wb-automation test --config=folder t')" 'tell all '
  expect_match "$(fish --no-config -c "source $T/fish/wb-send.fish; complete -C 'wb-send --jobs'")" \
    'deliver N at the same time'
}
test_case 'fish' in_fish

# bash-completion finds the file by the name of the command, when it is asked for the first time.
loads_on_demand() {
  local library=/usr/share/bash-completion/bash_completion
  [[ -f $library ]] || skip 'no bash-completion'
  mkdir -p data/bash-completion/completions
  cp bash/* data/bash-completion/completions/
  # shellcheck disable=SC2016 # expanded by that shell
  expect_equal "$(BASH_COMPLETION_USER_DIR=$T/data/bash-completion bash --norc -c '. "$1"
    _completion_loader wb-match || [[ $? == 124 ]]; complete -p wb-match' - "$library" 2>&1)" \
    'complete -F _wb_match wb-match'
}
test_case 'bash-completion loads them' loads_on_demand
