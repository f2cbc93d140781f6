# Stands before every map, in one line, so that the numbers of a map's lines stay right. $event_types, $wb_mark and
# $wb_document come before it: map.c. Names that begin with wb_ are not for maps of one's own.

# libjq takes error(null) for the end of the outputs.
def wb_error(f): error(f);
def error(f): f as $message | wb_error(if $message == null then "null (not a string)" else $message end);
def error: error(.);

# References that verbatim.h expands. Each is checked to mean what the map means by it, since a path says nothing of where
# it starts.
def wb_reference($path; $more; $name):
  getpath($path)
  | if . == null then .
    elif . != ($wb_document | getpath($path)) then error($name + ": not a place in the document; '.' must be the document")
    elif $more != [] and type != "string" then error($name + ": not a string")
    else {($wb_mark): ($path + $more)} end;
def verbatim(f): path(f) as $path | wb_reference($path; []; "verbatim");
def verbatim_json(f): path(f) as $path | wb_reference($path; [null]; "verbatim_json");
def members(f):
  . as $d
  | reduce (f | keys_unsorted[]) as $k ({};
      ($d | f[$k]) as $v | if $v == null or $v == "" then . else .[$k] = ($d | verbatim(f[$k])) end);

# What stands at a path of the document and must be there, of one of these types; an error names the member.
def wb_a: if test("^[ao]") then "an " + . else "a " + . end;
def wb_needed($path; $types):
  def is_not($at; $types):
    $at | join(".") | if . == "" then "the document" else . end
    | . + " must be " + ($types | map(wb_a) | join(" or ")) + ", not ";
  reduce $path[] as $key ({at: [], it: .};
      if .it == null then error((.at | join(".")) + " is missing")
      elif .it | type != "object" then error(is_not(.at; ["object"]) + (.it | type | wb_a))
      else {at: (.at + [$key]), it: .it[$key]} end)
  | if .it == null then error((.at | join(".")) + " is missing")
    elif .it | type | IN($types[]) | not then error(is_not(.at; $types) + (.it | type | wb_a))
    else .it end;

# The event that W&B's variables tell of: those in the object at f, which is somebody's payload. $named may be its type if
# there is no event_type in it. Variables that W&B had no value for are empty, and all are strings.
def wb_payload(f; $named):
  path(f) as $at
  | f as $said
  | ($said.artifact_version_string | tostring | split(":")[1:] | last // "") as $name
  | (if $said.event_type | . != null and . != "" then $said.event_type
     elif $named | IN($event_types[]) then $named
     elif $name == "" then null
     elif $name | test("^v[0-9]+$") then "LINK_ARTIFACT"
     else "ADD_ARTIFACT_ALIAS" end) as $type
  | select($type | IN($event_types[]))
  | members(getpath($at))
  + {event_type: $type}
  + if $type == "ADD_ARTIFACT_ALIAS" and ($said.alias // "") == "" and $name != "" then {alias: $name} else {} end
  + if $said.artifact_version_index | type == "string" and test("^(0|[1-9][0-9]*)$")
    then {artifact_version_index: verbatim_json(getpath($at).artifact_version_index)} else {} end
  + if $said.artifact_metadata | type == "string" and . != ""
    then {artifact_metadata: verbatim_json(getpath($at).artifact_metadata)} else {} end;
