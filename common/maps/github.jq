# The event of a repository_dispatch, as GitHub Actions has it in $GITHUB_EVENT_PATH: what was sent as client_payload, or
# its member "event" if there is such an object. action is the type that was sent beside it.
def said: if .client_payload.event | type == "object" then .client_payload.event else .client_payload end;
select(.client_payload | type == "object")
| {event_author: .sender.login} + wb_payload(said; .action)
