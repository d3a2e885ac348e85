package weir.explain;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.legacy.table.connector.source.SourceFunctionProvider;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.source.legacy.FromElementsFunction;
import org.apache.flink.types.RowKind;

/**
 * Connectors with the abilities that those of Flink have, which only plans need: `kafka` takes
 * watermarks, `jdbc` a projection and look-ups. Nothing is ever read or written.
 */
public abstract class Tables implements DynamicTableSourceFactory, DynamicTableSinkFactory {
    /** Finds no row. */
    public static final class Nothing extends LookupFunction {
        @Override
        public java.util.Collection<RowData> lookup(RowData key) {
            return List.of();
        }
    }

    /** Messages, inserts only or, with a format of changelogs, all kinds. */
    public static final class Kafka extends Tables {
        @Override
        public String factoryIdentifier() {
            return "kafka";
        }

        @Override
        public DynamicTableSource createDynamicTableSource(Context context) {
            String format = context.getCatalogTable().getOptions().get("format");
            boolean all = "debezium-json".equals(format) || "canal-json".equals(format);
            return new Topic(all ? ChangelogMode.all() : ChangelogMode.insertOnly());
        }
    }

    /** Messages by key. */
    public static final class UpsertKafka extends Tables {
        @Override
        public String factoryIdentifier() {
            return "upsert-kafka";
        }

        @Override
        public DynamicTableSource createDynamicTableSource(Context context) {
            return new Topic(ChangelogMode.upsert());
        }
    }

    /** Tables of a database. */
    public static final class Jdbc extends Tables {
        @Override
        public String factoryIdentifier() {
            return "jdbc";
        }

        @Override
        public DynamicTableSource createDynamicTableSource(Context context) {
            return new Database();
        }
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        boolean keyed = context.getCatalogTable().getResolvedSchema().getPrimaryKey().isPresent();
        return new Target(factoryIdentifier(), keyed && !"kafka".equals(factoryIdentifier()));
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    private static final class Topic
            implements ScanTableSource, SupportsWatermarkPushDown, SupportsReadingMetadata {
        private final ChangelogMode mode;

        Topic(ChangelogMode mode) {
            this.mode = mode;
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return mode;
        }

        @Override
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            return SourceFunctionProvider.of(new FromElementsFunction<RowData>(), false);
        }

        @Override
        public void applyWatermark(WatermarkStrategy<RowData> strategy) {}

        @Override
        public Map<String, DataType> listReadableMetadata() {
            return Map.of();
        }

        @Override
        public void applyReadableMetadata(List<String> keys, DataType type) {}

        @Override
        public DynamicTableSource copy() {
            return new Topic(mode);
        }

        @Override
        public String asSummaryString() {
            return "topic";
        }
    }

    private static final class Database
            implements ScanTableSource, LookupTableSource, SupportsProjectionPushDown {
        @Override
        public ChangelogMode getChangelogMode() {
            return ChangelogMode.insertOnly();
        }

        @Override
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            return SourceFunctionProvider.of(new FromElementsFunction<RowData>(), true);
        }

        @Override
        public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
            return LookupFunctionProvider.of(new Nothing());
        }

        @Override
        public boolean supportsNestedProjection() {
            return false;
        }

        @Override
        public void applyProjection(int[][] fields, DataType type) {}

        @Override
        public DynamicTableSource copy() {
            return new Database();
        }

        @Override
        public String asSummaryString() {
            return "database";
        }
    }

    private static final class Target implements DynamicTableSink {
        private final String name;
        private final boolean keyed;

        Target(String name, boolean keyed) {
            this.name = name;
            this.keyed = keyed;
        }

        @Override
        public ChangelogMode getChangelogMode(ChangelogMode requested) {
            if (!keyed) {
                return ChangelogMode.insertOnly();
            }
            return ChangelogMode.newBuilder().addContainedKind(RowKind.INSERT)
                    .addContainedKind(RowKind.UPDATE_AFTER).addContainedKind(RowKind.DELETE)
                    .build();
        }

        @Override
        public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
            return SinkV2Provider.of(new DiscardingSink<>());
        }

        @Override
        public DynamicTableSink copy() {
            return new Target(name, keyed);
        }

        @Override
        public String asSummaryString() {
            return name;
        }
    }
}
