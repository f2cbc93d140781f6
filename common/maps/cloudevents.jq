# A CloudEvent of version 1.0 in structured mode, whose data is an event of wb-record(5). One without event_type in it is
# judged by the last part of the CloudEvent's type: com.example.registry.LINK_ARTIFACT. Producers that repeat an event
# repeat source and id.
select(.specversion == "1.0" and (.data | type == "object"))
| ([.data.event_type, (.type | tostring | split(".") | last | ascii_upcase)]
   | map(select(IN($event_types[]))) | first) as $type
| select($type)
| {event_time: .time}
+ members(.data)
+ {
    event_id: "\(.source)#\(.id)",
    event_type: $type,
    cloudevents_source: .source,
    cloudevents_subject: .subject
  }
| with_entries(select(.value != null))
