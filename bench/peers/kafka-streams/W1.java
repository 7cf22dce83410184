// A peer: Kafka Streams at the work of bench/kafkabench.py. Arguments: bootstrap, topic in, topic out, count, folder for its state.
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.nio.ByteBuffer;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public class W1 {
  @JsonIgnoreProperties(ignoreUnknown = true)
  public static class Event {
    public long ts;
    public String type;
    public String transformer;
    public boolean planned;
  }

  static final long WINDOW = 60L * 86400_000L;
  static final AtomicInteger seen = new AtomicInteger();
  static final CountDownLatch done = new CountDownLatch(1);
  static volatile long halfAt, halfUsed, endAt, endUsed;

  static long used() {
    var bean = (com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean();
    return bean.getProcessCpuTime();
  }

  static class Events implements Deserializer<Event> {
    final ObjectReader reader = new ObjectMapper().readerFor(Event.class);

    public Event deserialize(String topic, byte[] bytes) {
      try {
        return reader.readValue(bytes);
      } catch (java.io.IOException error) {
        throw new RuntimeException(error);
      }
    }
  }

  static class Pack implements Serializer<long[]> {
    public byte[] serialize(String topic, long[] times) {
      if (times == null) return null;
      ByteBuffer buffer = ByteBuffer.allocate(8 * times.length);
      buffer.asLongBuffer().put(times);
      return buffer.array();
    }
  }

  static class Unpack implements Deserializer<long[]> {
    public long[] deserialize(String topic, byte[] bytes) {
      if (bytes == null) return null;
      long[] times = new long[bytes.length / 8];
      ByteBuffer.wrap(bytes).asLongBuffer().get(times);
      return times;
    }
  }

  static class Work implements Processor<String, Event, String, String> {
    final int total;
    ProcessorContext<String, String> context;
    KeyValueStore<String, long[]> store;

    Work(int total) {
      this.total = total;
    }

    public void init(ProcessorContext<String, String> given) {
      context = given;
      store = given.getStateStore("times");
    }

    public void process(Record<String, Event> record) {
      Event event = record.value();
      if (!event.planned && "outage.started".equals(event.type)) {
        long[] was = store.get(event.transformer);
        if (was == null) was = new long[0];
        int first = 0;
        while (first < was.length && was[first] < event.ts - WINDOW) first++;
        long[] now = new long[was.length - first + 1];
        System.arraycopy(was, first, now, 0, was.length - first);
        now[now.length - 1] = event.ts;
        store.put(event.transformer, now);
        if (now.length >= 3) {
          String told = "{\"transformer\":\"" + event.transformer + "\",\"ts\":" + event.ts + ",\"n\":" + now.length + "}";
          context.forward(new Record<>(event.transformer, told, record.timestamp()));
        }
      }
      int count = seen.incrementAndGet();
      if (count == total / 2) {
        halfUsed = used();
        halfAt = System.nanoTime();
      }
      if (count == total) {
        endAt = System.nanoTime();
        endUsed = used();
        done.countDown();
      }
    }
  }

  public static void main(String[] given) throws Exception {
    int total = Integer.parseInt(given[3]);
    Properties chosen = new Properties();
    chosen.put("application.id", "peer-" + System.nanoTime());
    chosen.put("bootstrap.servers", given[0]);
    chosen.put("state.dir", given[4]);
    chosen.put("num.stream.threads", "1");
    chosen.put("commit.interval.ms", "1000");
    chosen.put("processing.guarantee", "at_least_once");
    chosen.put("replication.factor", "1");
    chosen.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    try (Admin admin = Admin.create(chosen)) {
      admin.createTopics(java.util.List.of(new NewTopic(given[2], 4, (short) 1))).all().get();
    }
    Topology topology = new Topology();
    topology.addSource("feed", new StringDeserializer(), new Events(), given[1]);
    topology.addProcessor("work", () -> new Work(total), "feed");
    var times = Serdes.serdeFrom(new Pack(), new Unpack());
    topology.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("times"), Serdes.String(), times), "work");
    topology.addSink("found", given[2], new StringSerializer(), new StringSerializer(), "work");
    KafkaStreams streams = new KafkaStreams(topology, chosen);
    streams.start();
    if (!done.await(600, TimeUnit.SECONDS)) System.out.println("only " + seen);
    else {
      double half = total / 2.0;
      System.out.printf(java.util.Locale.ROOT, "RESULT cpu_us %.2f events_s %.0f%n", (endUsed - halfUsed) / 1e3 / half, half / ((endAt - halfAt) / 1e9));
    }
    streams.close(java.time.Duration.ofSeconds(10));
    System.exit(0);
  }
}
