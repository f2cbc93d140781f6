# A CloudEvent of version 1.0 in structured mode, or some in batch mode, whose data is an event of wb-record(5). One without
# a known event_type is judged by the last part of the CloudEvent's type, before a version: com.example.LINK_ARTIFACT.v1.
# Who repeats a CloudEvent repeats source and id; an event that comes in several has an id of its own.
select(.specversion == "1.0" and (.data | type == "object"))
| (.type | tostring | sub("(\\.v?[0-9]+)+$"; "") | split(".") | last // "" | ascii_upcase) as $named
| ([.data.event_type, $named] | map(select(IN($event_types[]))) | first) as $type
| select($type)
| {event_id: (if .id then "\(.source)#\(.id)" else null end)} as $id
| $id
+ {event_time: .time}
+ members(.data)
+ if .data.event_type == $type then {} else $id end
+ {
    event_type: $type,
    cloudevents_source: .source,
    cloudevents_subject: .subject
  }
| with_entries(select(.value != null))
