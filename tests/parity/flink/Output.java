package weir.parity;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;

/** A sink that writes down every change, in the order in which the changes come. */
final class Output implements Sink<RowData> {
    private static final long serialVersionUID = 1L;

    /** What the sinks of the case that runs have written, by name. */
    static final Map<String, List<String>> WRITTEN = new ConcurrentHashMap<>();

    /** What comes from here on was caused by the next record. */
    static void endStep() {
        for (List<String> lines : WRITTEN.values()) {
            synchronized (lines) {
                lines.add("");
            }
        }
    }

    private final String name;
    private final RowType type;
    private final boolean keyed;

    /** A keyed sink has no -U: it is a delete there, as Flink's connectors treat it. */
    Output(String name, RowType type, boolean keyed) {
        this.name = name;
        this.type = type;
        this.keyed = keyed;
    }

    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) {
        List<String> lines = WRITTEN.computeIfAbsent(name, n -> new ArrayList<>());
        return new SinkWriter<>() {
            @Override
            public void write(RowData row, Context context) {
                boolean deletes = keyed && row.getRowKind() == RowKind.UPDATE_BEFORE;
                RowKind kind = deletes ? RowKind.DELETE : row.getRowKind();
                synchronized (lines) {
                    lines.add(Json.change(kind, row, type));
                }
            }

            @Override
            public void flush(boolean endOfInput) throws IOException {}

            @Override
            public void close() {}
        };
    }
}
