package weir.parity;

import java.io.IOException;
import java.io.Serializable;
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

/** A sink that writes down what it gets, in the order in which it comes. */
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

    /** What is written down of a row. */
    interface Lines extends Serializable {
        default void open() throws Exception {}

        /** Null: nothing. */
        String line(RowData row);
    }

    private final String name;
    private final Lines writing;

    Output(String name, Lines writing) {
        this.name = name;
        this.writing = writing;
    }

    /** Changes; a keyed sink has no -U: it is a delete there, as Flink's connectors treat it. */
    static Output ofChanges(String name, RowType type, boolean keyed) {
        return new Output(name, row -> {
            boolean deletes = keyed && row.getRowKind() == RowKind.UPDATE_BEFORE;
            return Json.change(deletes ? RowKind.DELETE : row.getRowKind(), row, type);
        });
    }

    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) {
        List<String> lines = WRITTEN.computeIfAbsent(name, n -> new ArrayList<>());
        try {
            writing.open();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return new SinkWriter<>() {
            @Override
            public void write(RowData row, Context context) {
                String line = writing.line(row);
                synchronized (lines) {
                    if (line != null) {
                        lines.add(line);
                    }
                }
            }

            @Override
            public void flush(boolean endOfInput) throws IOException {}

            @Override
            public void close() {}
        };
    }
}
