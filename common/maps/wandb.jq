# The body of a webhook that W&B has delivered. Its members are what somebody's payload made them. They are taken, all of
# them, from the top or from client_payload, as in W&B's examples; there the type at the top is the user's own word.
def said: if .client_payload | type == "object" then .client_payload else . end;
wb_payload(said; .event_type)
