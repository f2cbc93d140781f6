# fish.awk - lines of ./tables as a completion for fish

BEGIN {
	FS = "\t"
}

function quote(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/'/, "\\'", text)
	return "'" text "'"
}

$1 == "tool" {
	tool = $2
	name = $2
	gsub(/-/, "_", name)
}

$1 == "command" {
	# "@" stands for all commands
	condition = $2 == "-" ? "@" : ""
	if ($2 != "-") {
		commands = commands (commands == "" ? "" : " ") $2
		condition = " -n '__fish_seen_subcommand_from " $2 "'"
	}
	if ($2 == "-") has_own = 1
	if ($3 == "file" && $2 == "-") files = "complete -c " tool "@ -F\n"
	if ($3 == "file" && $2 != "-") lines = lines "complete -c " tool condition " -F\n"
	if ($3 == "automation") lines = lines "complete -c " tool condition " -a '(__" name "_automations)'\n"
}

$1 == "option" {
	line = "complete -c " tool condition ($3 == "-" ? "" : " -s " $3) " -l " $4
	if ($6 == "-") value = ""
	else if ($5 == "file") value = " -r -F"
	else if ($5 == "at") value = " -x -a '(__" name "_at)'"
	else if ($5 == "automation") value = " -x -a '(__" name "_automations)'"
	else if ($5 == "words") value = ($6 ~ /^\[/ ? " -f" : " -x") " -a " quote($7 ($7 ~ / dir: / ? " (__" name "_directories)" : ""))
	else value = " -x"
	# the letter of an option whose value may be left out has none
	if ($6 ~ /^\[/ && $3 != "-") {
		lines = lines "complete -c " tool condition " -s " $3 " -d " quote($9) "\n"
		sub(" -s " $3, "", line)
	}
	lines = lines line value " -d " quote($9) "\n"
}

END {
	print "# fish completion of " tool ", made of its help"
	print ""
	while ((getline line < body) > 0) {
		gsub(/@NAME@/, name, line)
		print line
	}
	none = commands == "" ? "" : " -n 'not __fish_seen_subcommand_from " commands "'"
	if (commands != "") lines = files lines
	n = split(lines, line_of, "\n")
	lines = ""
	for (i = 1; i < n; i++) {
		all_of_them = index(line_of[i], "complete -c " tool "@") == 1
		if (all_of_them) line_of[i] = "complete -c " tool none substr(line_of[i], length("complete -c " tool "@") + 1)
		lines = lines line_of[i] "\n"
	}
	if (commands != "") {
		print "complete -c " tool " -f"
		print "complete -c " tool none " -a '" commands "'"
	}
	if (commands != "" && !has_own) {
		print "complete -c " tool none " -s h -l help -d 'print this help and exit'"
		print "complete -c " tool none " -s V -l version -d 'print the version and exit'"
	}
	printf "%s", lines
}
