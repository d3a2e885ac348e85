// Elasticsearch.java -- one Elasticsearch node without the distribution around it: the server and
// its network part as plain libraries, for tools/servers.  Java compiles it at each start; with its
// names changed it is a node of OpenSearch (elasticsearch.sh).
//
//     java -cp 'LIB/*' Elasticsearch.java HOME HTTP_PORT TRANSPORT_PORT

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.transport.Netty4Plugin;

public class Elasticsearch extends Node {
    Elasticsearch(Environment environment) {
        super(environment, List.of(Netty4Plugin.class), false);
    }

    static Settings settings(String home, String httpPort, String transportPort) {
        return Settings.builder()
                .put("path.home", home)
                .put("path.data", home + "/data")
                .put("path.logs", home)
                .put("cluster.name", "weir")
                .put("node.name", "weir")
                .put("discovery.type", "single-node")
                .put("network.host", "127.0.0.1")
                .put("http.port", httpPort)
                .put("transport.port", transportPort)
                .put("http.type", "netty4")
                .put("transport.type", "netty4")
                // A machine whose disk is nearly full still runs the tests.
                .put("cluster.routing.allocation.disk.threshold_enabled", false)
                .build();
    }

    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]);
        Node node = new Elasticsearch(new Environment(settings(args[0], args[1], args[2]), home));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (IOException e) {
                System.err.println(e);
            }
        }));
        node.start();
        Thread.currentThread().join();
    }
}
