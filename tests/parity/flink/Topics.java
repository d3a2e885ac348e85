package weir.parity;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSink;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.streaming.connectors.kafka.table.UpsertKafkaDynamicTableFactory;
import org.apache.flink.legacy.table.connector.source.SourceFunctionProvider;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.util.Collector;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/**
 * Flink's own connectors for Kafka without a Kafka: what they make of options, of messages and of
 * rows is theirs; the messages come from the case and are written down. A table whose format is
 * weir's `changelog-json` is a file of that form.
 *
 * <p>The option `on-error` is weir's; with `skip` a message that cannot be read is no row.
 */
abstract class Topics implements DynamicTableSourceFactory, DynamicTableSinkFactory {
    private static final String ON_ERROR = "on-error";

    /** Topics. */
    public static final class Kafka extends Topics {
        public Kafka() {
            super(new KafkaDynamicTableFactory());
        }
    }

    /** Topics of keyed messages. */
    public static final class UpsertKafka extends Topics {
        public UpsertKafka() {
            super(new UpsertKafkaDynamicTableFactory());
        }
    }

    private final DynamicTableFactory real;

    Topics(DynamicTableFactory real) {
        this.real = real;
    }

    @Override
    public String factoryIdentifier() {
        return real.factoryIdentifier();
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        List<Input.Record> records =
                Input.current.topic(Tables.name(context), Tables.option(context, "topic"));
        if (Tables.isChangelog(context)) {
            return new Tables.Source(Tables.name(context), records, ChangelogMode.all(),
                    scan -> new Decoders.Lines(Tables.rowType(context), true));
        }
        boolean skips = "skip".equals(Tables.option(context, ON_ERROR));
        DynamicTableSource source = ((DynamicTableSourceFactory) real)
                .createDynamicTableSource(withoutOwn(context));
        return new Source(Tables.name(context), records, (KafkaDynamicSource) source, skips);
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        DynamicTableSink sink = ((DynamicTableSinkFactory) real)
                .createDynamicTableSink(withoutOwn(context));
        return new Target(Tables.option(context, "topic"), (KafkaDynamicSink) sink);
    }

    /** The table as Flink's connector may see it. */
    private static Context withoutOwn(Context context) {
        Map<String, String> options = new HashMap<>(context.getCatalogTable().getOptions());
        options.remove(ON_ERROR);
        return new FactoryUtil.DefaultDynamicTableContext(context.getObjectIdentifier(),
                context.getCatalogTable().copy(options), Map.of(), context.getConfiguration(),
                context.getClassLoader(), context.isTemporary());
    }

    // ---- what the connectors keep to themselves ----

    private static Object field(Object object, Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(object);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object call(Object object, Class<?> type, String name, Object... arguments) {
        for (Method method : type.getDeclaredMethods()) {
            if (method.getName().equals(name)
                    && method.getParameterCount() == arguments.length) {
                try {
                    method.setAccessible(true);
                    return method.invoke(object, arguments);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e.getCause() == null ? e : e.getCause());
                }
            }
        }
        throw new IllegalStateException(type + " has no " + name);
    }

    // ---- reading ----

    private static final class Source implements ScanTableSource, SupportsReadingMetadata {
        private final String table;
        private final List<Input.Record> records;
        private final KafkaDynamicSource inner;
        private final boolean skips;

        Source(String table, List<Input.Record> records, KafkaDynamicSource inner, boolean skips) {
            this.table = table;
            this.records = records;
            this.inner = inner;
            this.skips = skips;
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return inner.getChangelogMode();
        }

        @Override
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            TypeInformation<?> type = context.createTypeInformation(
                    (DataType) get("producedDataType"));
            KafkaSource<?> source = (KafkaSource<?>) call(inner, KafkaDynamicSource.class,
                    "createKafkaSource",
                    decoder(context, "keyDecodingFormat", "keyProjection",
                            (String) get("keyPrefix")),
                    decoder(context, "valueDecodingFormat", "valueProjection", null), type);
            @SuppressWarnings("unchecked")
            KafkaRecordDeserializationSchema<RowData> schema =
                    (KafkaRecordDeserializationSchema<RowData>) field(source, KafkaSource.class,
                            "deserializationSchema");
            return SourceFunctionProvider.of(
                    new TurnSource(table, records, new Messages(schema, skips)), false);
        }

        private Object get(String name) {
            return field(inner, KafkaDynamicSource.class, name);
        }

        private Object decoder(ScanContext context, String format, String projection,
                String prefix) {
            return call(inner, KafkaDynamicSource.class, "createDeserialization", context,
                    (DecodingFormat<?>) get(format), get(projection), prefix);
        }

        @Override
        public Map<String, DataType> listReadableMetadata() {
            return inner.listReadableMetadata();
        }

        @Override
        public void applyReadableMetadata(List<String> keys, DataType produced) {
            inner.applyReadableMetadata(keys, produced);
        }

        @Override
        public boolean supportsMetadataProjection() {
            return inner.supportsMetadataProjection();
        }

        @Override
        public DynamicTableSource copy() {
            return new Source(table, records, (KafkaDynamicSource) inner.copy(), skips);
        }

        @Override
        public String asSummaryString() {
            return table;
        }
    }

    private static final class Messages implements TurnSource.Decoder {
        private static final long serialVersionUID = 1L;
        private final KafkaRecordDeserializationSchema<RowData> schema;
        private final boolean skips;
        private final HashMap<Integer, Long> offsets = new HashMap<>();

        Messages(KafkaRecordDeserializationSchema<RowData> schema, boolean skips) {
            this.schema = schema;
            this.skips = skips;
        }

        @Override
        public void open() throws Exception {
            schema.open(new DeserializationSchema.InitializationContext() {
                @Override
                public MetricGroup getMetricGroup() {
                    return new UnregisteredMetricsGroup();
                }

                @Override
                public UserCodeClassLoader getUserCodeClassLoader() {
                    return loader();
                }
            });
        }

        @Override
        public List<RowData> decode(Input.Record record) throws Exception {
            List<RowData> rows = new ArrayList<>();
            try {
                schema.deserialize(message(record), new Collector<>() {
                    @Override
                    public void collect(RowData row) {
                        rows.add(Objects.requireNonNull(row)); // where the source would fail
                    }

                    @Override
                    public void close() {}
                });
            } catch (Exception e) {
                if (!skips) {
                    throw e;
                }
                rows.clear();
            }
            return rows;
        }

        private ConsumerRecord<byte[], byte[]> message(Input.Record record) {
            int partition = record.partition == null ? 0 : record.partition;
            long offset = record.offset == null ? offsets.getOrDefault(partition, 0L)
                    : record.offset;
            offsets.put(partition, offset + 1);
            RecordHeaders headers = new RecordHeaders();
            record.headers.forEach(headers::add);
            return new ConsumerRecord<>("t", partition, offset,
                    record.timestamp == null ? -1 : record.timestamp,
                    record.timestamp == null ? TimestampType.NO_TIMESTAMP_TYPE
                            : TimestampType.CREATE_TIME,
                    -1, -1, record.key, record.value, headers, Optional.empty());
        }
    }

    private static UserCodeClassLoader loader() {
        return SimpleUserCodeClassLoader.create(Topics.class.getClassLoader());
    }

    // ---- writing ----

    private static final class Target implements DynamicTableSink, SupportsWritingMetadata {
        private final String topic;
        private final KafkaDynamicSink inner;

        Target(String topic, KafkaDynamicSink inner) {
            this.topic = topic;
            this.inner = inner;
        }

        @Override
        public ChangelogMode getChangelogMode(ChangelogMode requested) {
            return inner.getChangelogMode(requested);
        }

        @Override
        public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
            KafkaSink<?> sink = (KafkaSink<?>) ((SinkV2Provider) inner
                    .getSinkRuntimeProvider(context)).createSink();
            @SuppressWarnings("unchecked")
            KafkaRecordSerializationSchema<RowData> schema =
                    (KafkaRecordSerializationSchema<RowData>) field(sink, KafkaSink.class,
                            "recordSerializer");
            return SinkV2Provider.of(new Output(topic, new Writing(schema)));
        }

        @Override
        public Map<String, DataType> listWritableMetadata() {
            return inner.listWritableMetadata();
        }

        @Override
        public void applyWritableMetadata(List<String> keys, DataType consumed) {
            inner.applyWritableMetadata(keys, consumed);
        }

        @Override
        public DynamicTableSink copy() {
            return new Target(topic, (KafkaDynamicSink) inner.copy());
        }

        @Override
        public String asSummaryString() {
            return topic;
        }
    }

    /** A row as the message that would be sent, a JSON object. */
    private static final class Writing implements Output.Lines {
        private static final long serialVersionUID = 1L;
        private final KafkaRecordSerializationSchema<RowData> schema;

        Writing(KafkaRecordSerializationSchema<RowData> schema) {
            this.schema = schema;
        }

        @Override
        public void open() throws Exception {
            schema.open(new SerializationSchema.InitializationContext() {
                @Override
                public MetricGroup getMetricGroup() {
                    return new UnregisteredMetricsGroup();
                }

                @Override
                public UserCodeClassLoader getUserCodeClassLoader() {
                    return loader();
                }
            }, partitions());
        }

        private static KafkaRecordSerializationSchema.KafkaSinkContext partitions() {
            return new KafkaRecordSerializationSchema.KafkaSinkContext() {
                @Override
                public int getParallelInstanceId() {
                    return 0;
                }

                @Override
                public int getNumberOfParallelInstances() {
                    return 1;
                }

                @Override
                public int[] getPartitionsForTopic(String topic) {
                    return new int[] {0};
                }
            };
        }

        @Override
        public String line(RowData row) {
            ProducerRecord<byte[], byte[]> record = schema.serialize(row, partitions(), null);
            if (record == null) {
                return null;
            }
            StringBuilder text = new StringBuilder("{");
            if (record.key() != null) {
                part(text, "key", record.key()).append(", ");
            }
            part(text, "value", record.value());
            if (record.timestamp() != null) {
                text.append(", \"timestamp\": ").append(record.timestamp());
            }
            String between = ", \"headers\": {";
            for (Header header : record.headers()) {
                part(text.append(between), header.key(), header.value());
                between = ", ";
            }
            return text.append(between.equals(", ") ? "}}" : "}").toString();
        }

        private static StringBuilder part(StringBuilder text, String name, byte[] bytes) {
            Json.quote(text, name);
            text.append(": ");
            if (bytes == null) {
                return text.append("null");
            }
            try {
                Json.quote(text, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes))
                        .toString());
            } catch (CharacterCodingException e) {
                text.append("{\"hex\": \"");
                for (byte b : bytes) {
                    text.append(String.format("%02x", b));
                }
                text.append("\"}");
            }
            return text;
        }
    }
}
