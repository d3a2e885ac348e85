package weir.parity;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.dag.Pipeline;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.core.execution.PipelineExecutorServiceLoader;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.streaming.api.graph.StreamGraph;

/** One small Flink in this process for all cases; jobs come to it as to any other. */
final class Cluster implements AutoCloseable, PipelineExecutorServiceLoader {
    static final String NAME = "parity";
    private static final long SECONDS_MAX = 60;

    private final MiniCluster cluster;
    private StreamGraph submitted;

    Cluster() throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(RestOptions.BIND_PORT, "0");
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(32));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(32));
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(32));
        cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration).setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(4).withRandomPorts().build());
        cluster.start();
    }

    /** The graph of the job that was submitted last. */
    StreamGraph submitted() {
        return submitted;
    }

    CompletableFuture<JobResult> result(JobID job) {
        return cluster.requestJobResult(job);
    }

    /** Returns when everything that the sources have emitted has gone through all operators. */
    void drain(JobID job, Turn turn) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        while (!turn.isClosed()) {
            try {
                cluster.triggerCheckpoint(job).get(SECONDS_MAX, TimeUnit.SECONDS);
                return;
            } catch (ExecutionException e) { // as long as some task is not running yet
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void close() throws Exception {
        cluster.close();
    }

    @Override
    public Stream<String> getExecutorNames() {
        return Stream.of(NAME);
    }

    @Override
    public PipelineExecutorFactory getExecutorFactory(Configuration configuration) {
        return new PipelineExecutorFactory() {
            @Override
            public String getName() {
                return NAME;
            }

            @Override
            public boolean isCompatibleWith(Configuration any) {
                return true;
            }

            @Override
            public PipelineExecutor getExecutor(Configuration any) {
                return Cluster.this::submit;
            }
        };
    }

    private CompletableFuture<JobClient> submit(Pipeline pipeline, Configuration configuration,
            ClassLoader loader) throws Exception {
        submitted = PipelineExecutorUtils.getStreamGraph(pipeline, configuration);
        return cluster.submitJob(submitted).thenApply(result -> new MiniClusterJobClient(
                result.getJobID(), cluster, loader,
                MiniClusterJobClient.JobFinalizationBehavior.NOTHING));
    }
}
