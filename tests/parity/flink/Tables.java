package weir.parity;

import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.legacy.table.connector.source.SourceFunctionProvider;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;

/**
 * The connectors of the cases under the names that they have in weir, so that both engines get the
 * same CREATE TABLE: `filesystem` reads what the case holds and writes down what it gets; Topics has
 * those of Kafka.
 */
public abstract class Tables implements DynamicTableSourceFactory, DynamicTableSinkFactory {
    /** The connector of the final SELECTs; its option `path` names the result. */
    static final String RESULT = "result";

    /** Option names in `WITH` besides `connector`. */
    private static final String PATH = "path";
    private static final String FORMAT = "format";

    /** Files. */
    public static final class Filesystem extends Tables {
        @Override
        public String factoryIdentifier() {
            return "filesystem";
        }

        @Override
        public DynamicTableSource createDynamicTableSource(Context context) {
            boolean changelog = isChangelog(context);
            List<Input.Record> records = Input.current.file(name(context), option(context, PATH));
            return new Source(name(context), records,
                    changelog ? ChangelogMode.all() : ChangelogMode.insertOnly(),
                    scan -> new Decoders.Lines(rowType(context), changelog));
        }
    }

    /** Results of SELECT. */
    public static final class Result extends Tables {
        @Override
        public String factoryIdentifier() {
            return RESULT;
        }

        @Override
        public DynamicTableSource createDynamicTableSource(Context context) {
            throw new UnsupportedOperationException();
        }
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
    public DynamicTableSink createDynamicTableSink(Context context) {
        boolean keyed = context.getCatalogTable().getResolvedSchema().getPrimaryKey().isPresent();
        boolean changelog = RESULT.equals(factoryIdentifier()) || isChangelog(context);
        return new Target(option(context, PATH), rowType(context), changelog, keyed);
    }

    static String name(Context context) {
        return context.getObjectIdentifier().getObjectName();
    }

    static String option(Context context, String name) {
        return context.getCatalogTable().getOptions().get(name);
    }

    static boolean isChangelog(Context context) {
        return "changelog-json".equals(option(context, FORMAT));
    }

    static RowType rowType(Context context) {
        return (RowType) context.getPhysicalRowDataType().getLogicalType();
    }

    /** Makes the decoder of a scan. */
    interface DecoderMaker {
        TurnSource.Decoder make(ScanTableSource.ScanContext context);
    }

    static final class Source implements ScanTableSource {
        private final String table;
        private final List<Input.Record> records;
        private final ChangelogMode mode;
        private final DecoderMaker decoders;

        Source(String table, List<Input.Record> records, ChangelogMode mode,
                DecoderMaker decoders) {
            this.table = table;
            this.records = records;
            this.mode = mode;
            this.decoders = decoders;
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return mode;
        }

        @Override
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            return SourceFunctionProvider.of(
                    new TurnSource(table, records, decoders.make(context)), false);
        }

        @Override
        public DynamicTableSource copy() {
            return new Source(table, records, mode, decoders);
        }

        @Override
        public String asSummaryString() {
            return table;
        }
    }

    static final class Target implements DynamicTableSink {
        private final String name;
        private final RowType type;
        private final boolean changelog;
        private final boolean keyed;

        Target(String name, RowType type, boolean changelog, boolean keyed) {
            this.name = name;
            this.type = type;
            this.changelog = changelog;
            this.keyed = keyed;
        }

        /** As weir's: `json` takes inserts; a key makes the sink one of upserts. */
        @Override
        public ChangelogMode getChangelogMode(ChangelogMode requested) {
            if (!changelog) {
                return ChangelogMode.insertOnly();
            }
            if (!keyed) {
                return ChangelogMode.all();
            }
            return ChangelogMode.newBuilder().addContainedKind(RowKind.INSERT)
                    .addContainedKind(RowKind.UPDATE_AFTER).addContainedKind(RowKind.DELETE)
                    .build();
        }

        @Override
        public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
            return SinkV2Provider.of(Output.ofChanges(name, type, keyed));
        }

        @Override
        public DynamicTableSink copy() {
            return new Target(name, type, changelog, keyed);
        }

        @Override
        public String asSummaryString() {
            return name;
        }
    }
}
