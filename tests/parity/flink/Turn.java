package weir.parity;

import java.util.HashMap;
import java.util.Map;

/**
 * Whose record is next. Flink runs every source as a task of its own; here each of them waits
 * until the recorder grants its table a step. A step is one record, or the end of the table.
 */
final class Turn {
    /** The turn of the job that runs; recordings are made one after the other. */
    static volatile Turn current;

    private final Map<String, Integer> granted = new HashMap<>();
    private int registered;
    private long done;
    private boolean released;
    private boolean closed;

    /** A source has begun to run. */
    synchronized void register() {
        registered++;
        notifyAll();
    }

    synchronized void awaitSources(int count) throws InterruptedException {
        while (registered < count && !closed) {
            wait();
        }
    }

    synchronized void grant(String table) {
        granted.merge(table, 1, Integer::sum);
        notifyAll();
    }

    /** Waits until a table has been granted more than `steps`; false: the job is over. */
    synchronized boolean awaitGrant(String table, int steps) throws InterruptedException {
        while (granted.getOrDefault(table, 0) <= steps && !closed) {
            wait();
        }
        return !closed;
    }

    synchronized void stepDone() {
        done++;
        notifyAll();
    }

    synchronized void awaitDone(long count) throws InterruptedException {
        while (done < count && !closed) {
            wait();
        }
    }

    /** All steps are done: sources may return. They stay until then, checkpoints need them. */
    synchronized void release() {
        released = true;
        notifyAll();
    }

    synchronized void awaitRelease() throws InterruptedException {
        while (!released && !closed) {
            wait();
        }
    }

    /** The job has ended, perhaps with an error: nobody waits any more. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized boolean isClosed() {
        return closed;
    }
}
