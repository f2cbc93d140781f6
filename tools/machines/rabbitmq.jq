# rabbitmq.jq - what a broker is to have, for load_definitions: jq -n --argjson queues 4 -f rabbitmq.jq
#
# Records of one key are always in the same queue, and a queue has one consumer at a time, so their order is kept.
def queue($name; $more): {
  name: $name, vhost: "/", durable: true, auto_delete: false,
  arguments: ({"x-queue-type": "quorum"} + $more)
};
def exchange($name; $type): {
  name: $name, vhost: "/", type: $type, durable: true, auto_delete: false, internal: false, arguments: {}
};
def binding($from; $to; $key): {
  source: $from, vhost: "/", destination: $to, destination_type: "queue", routing_key: $key, arguments: {}
};
{
  exchanges: [exchange("deliveries"; "x-consistent-hash"), exchange("deliveries.dead"; "fanout")],
  queues: [
    (range($queues) | queue("deliveries.\(.)"; {
      "x-single-active-consumer": true,
      "x-delivery-limit": 100,
      "x-dead-letter-exchange": "deliveries.dead"
    })),
    queue("deliveries.dead"; {})
  ],
  bindings: [
    (range($queues) | binding("deliveries"; "deliveries.\(.)"; "1")),
    binding("deliveries.dead"; "deliveries.dead"; "")
  ]
}
