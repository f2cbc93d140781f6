# zsh.awk - lines of ./tables as a completion for zsh: arguments of its _arguments

BEGIN {
	FS = "\t"
}

function quote(text) {
	gsub(/'/, "'\\''", text)
	return "'" text "'"
}

# What stands in the brackets of an option.
function explained(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/\[/, "\\[", text)
	gsub(/\]/, "\\]", text)
	return text
}

# What an argument can be, with the colon before it.
function action(kind, words) {
	if (kind == "file") return ":_files"
	if (kind == "at") return ":_" name "_at"
	if (kind == "automation") return ":_" name "_automations"
	if (kind != "words") return ": "
	return words ~ /:/ ? ":_" name "_places " words : ":(" words ")"
}

function argument(arg, kind, words) {
	gsub(/^\[=|\]$/, "", arg)
	if (kind == "words") gsub(/:/, "\\:", words)
	gsub(/:/, "\\:", arg)
	return arg action(kind, words)
}

function add(command, text) {
	specs[command] = specs[command] " \\\n" indent[command] text
}

$1 == "tool" {
	tool = $2
	name = $2
	gsub(/-/, "_", name)
}

$1 == "command" {
	order[++n] = $2
	operand[$2] = $3
	indent[$2] = $2 == "-" ? "\t\t" : "\t\t\t\t"
	if ($2 != "-") commands = commands (commands == "" ? "" : " ") $2
}

$1 == "option" {
	text = "[" explained($9) "]"
	many = $8 == "yes" ? "*" : ""
	optional = $6 ~ /^\[/
	after = $6 == "-" ? "" : (optional ? "::" : ":") argument($6, $5, $7)
	long = "--" $4 ($6 == "-" ? "" : optional ? "=-" : "=")
	if ($3 == "-") {
		add($2, quote(many long text after))
	} else {
		others = many == "" ? quote("(-" $3 " --" $4 ")") : quote("*")
		# the letter has no value that may be left out
		add($2, others quote("-" $3 ($6 == "-" || optional ? "" : "+") text (optional ? "" : after)))
		add($2, others quote(long text after))
	}
}

END {
	print "#compdef " tool
	print "# zsh completion of " tool ", made of its help"
	print ""
	while ((getline line < body) > 0) {
		gsub(/@NAME@/, name, line)
		print line
	}
	for (i = 1; i <= n; i++) {
		command = order[i]
		if (operand[command] == "file" && (command != "-" || commands == "")) add(command, quote("*:FILE:_files"))
		if (operand[command] == "automation") add(command, quote("1:NAME:_" name "_automations"))
	}
	print "_" name "()"
	print "{"
	if (commands == "") {
		print "\t_arguments -s -S" specs["-"]
	} else {
		print "\tlocal curcontext=$curcontext state state_descr line"
		print "\ttypeset -A opt_args"
		print ""
		if ("-" in operand) {
			# options of the tool stand before a command, or files
			print "\t_arguments -C -s -S -A '-*'" specs["-"] " \\"
			print "\t\t'1: :_alternative \"commands\\:command\\:(" commands ")\" \"files\\:FILE\\:_files\"' \\"
		} else {
			print "\t_arguments -C -s -S \\"
			print "\t\t'(-h --help)'{-h,--help}'[print this help and exit]' \\"
			print "\t\t'(-V --version)'{-V,--version}'[print the version and exit]' \\"
			print "\t\t'1:command:(" commands ")' \\"
		}
		print "\t\t'*::argument:->arguments' && return"
		print "\tcase $state:$words[1] in"
		for (i = 1; i <= n; i++) {
			if (order[i] == "-") continue
			print "\t\targuments:" order[i] ")"
			print "\t\t\t" (specs[order[i]] == "" ? ":" : "_arguments -s -S" specs[order[i]])
			print "\t\t\t;;"
		}
		if ("-" in operand) print "\t\targuments:*) _files ;;"
		print "\tesac"
	}
	print "}"
	print ""
	print "_" name " \"$@\""
}
