package weir.parity;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** What makes rows of the records of a file or a topic. */
final class Decoders {
    private Decoders() {}

    /** weir's own forms of a file: `json` and `changelog-json`. */
    static final class Lines implements TurnSource.Decoder {
        private static final long serialVersionUID = 1L;
        private final RowType type;
        private final boolean changelog;

        Lines(RowType type, boolean changelog) {
            this.type = type;
            this.changelog = changelog;
        }

        @Override
        public void open() {}

        @Override
        public List<RowData> decode(Input.Record record) {
            return List.of(Json.row(record.value, type, changelog));
        }
    }

    /** The messages of a topic in one of Flink's own formats. */
    static class Messages implements TurnSource.Decoder {
        private static final long serialVersionUID = 1L;
        private final DeserializationSchema<RowData> schema;

        Messages(DeserializationSchema<RowData> schema) {
            this.schema = schema;
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
                    return SimpleUserCodeClassLoader.create(Decoders.class.getClassLoader());
                }
            });
        }

        @Override
        public List<RowData> decode(Input.Record record) throws Exception {
            List<RowData> rows = new ArrayList<>();
            byte[] message = record.value == null ? null
                    : record.value.getBytes(StandardCharsets.UTF_8);
            schema.deserialize(message, new Collector<>() {
                @Override
                public void collect(RowData row) {
                    rows.add(row);
                }

                @Override
                public void close() {}
            });
            return rows;
        }
    }

    /** upsert-kafka: a message sets the row of its key, one without value deletes it. */
    static final class Upserts extends Messages {
        private static final long serialVersionUID = 1L;
        private final RowType type;

        Upserts(DeserializationSchema<RowData> schema, RowType type) {
            super(schema);
            this.type = type;
        }

        @Override
        public List<RowData> decode(Input.Record record) throws Exception {
            if (record.value == null) {
                GenericRowData row = (GenericRowData) Json.row(record.key, type, false);
                row.setRowKind(RowKind.DELETE);
                return List.of(row);
            }
            List<RowData> rows = super.decode(record);
            rows.forEach(row -> row.setRowKind(RowKind.UPDATE_AFTER));
            return rows;
        }
    }
}
