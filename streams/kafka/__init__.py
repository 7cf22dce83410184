"""The Kafka runtime: the same engine on Faust workers over Apache Kafka. The only room that knows Kafka; `clearly kafka` is its command."""
