package weir.parity;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.table.data.RowData;

/** Emits the records of a table when it is its turn, then the greatest watermark. */
final class TurnSource implements SourceFunction<RowData> {
    private static final long serialVersionUID = 1L;

    /** Makes the rows of one record. */
    interface Decoder extends Serializable {
        void open() throws Exception;

        List<RowData> decode(Input.Record record) throws Exception;
    }

    final String table;
    private final ArrayList<Input.Record> records;
    private final Decoder decoder;

    TurnSource(String table, List<Input.Record> records, Decoder decoder) {
        this.table = table;
        this.records = new ArrayList<>(records);
        this.decoder = decoder;
    }

    @Override
    public void run(SourceContext<RowData> context) throws Exception {
        Turn turn = Turn.current;
        decoder.open();
        turn.register();
        for (int step = 0; step < records.size(); step++) {
            if (!turn.awaitGrant(table, step)) {
                return;
            }
            List<RowData> rows = decoder.decode(records.get(step));
            synchronized (context.getCheckpointLock()) {
                rows.forEach(context::collect);
            }
            turn.stepDone();
        }
        if (turn.awaitGrant(table, records.size())) {
            synchronized (context.getCheckpointLock()) {
                context.emitWatermark(Watermark.MAX_WATERMARK);
            }
            turn.stepDone();
            turn.awaitRelease();
        }
    }

    @Override
    public void cancel() {
        Turn.current.close();
    }
}
