# kafka.sh -- one Kafka broker with its own controller (KRaft), for tools/servers.
#
# The contract of such a file: it is sourced with $name, $dir (state, exists when needed), $lib
# (jars), $cache and $here (the folder tools) set, and defines
#   server_ports      prints the ports that must be free before a start
#   server_endpoint   prints HOST:PORT for clients
#   server_check      is everything installed?
#   server_prepare    writes configuration and creates the data folder if there is none
#   server_command    fills the array `command`
#   server_is_ready   asks the server once; it must not wait long
# and, if it is of no use without other servers, the array server_parts with their names.
#
# WEIR_KAFKA_PORT (19092), WEIR_KAFKA_CONTROLLER_PORT (the next one), WEIR_KAFKA_JVM, the options of
# the JVM, and WEIR_KAFKA_PROPERTIES, lines that win over those below, can be set outside.
# shellcheck shell=bash disable=SC2034,SC2154

kafka_port=${WEIR_KAFKA_PORT:-19092}
kafka_controller_port=${WEIR_KAFKA_CONTROLLER_PORT:-$((kafka_port + 1))}
# C1 only and the serial collector: a third less memory, and a start that does not keep two cores
# busy.  Benchmarks of throughput set "-Xmx1g".
kafka_jvm=${WEIR_KAFKA_JVM:-"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xmx512m"}

kafka_java() { # class and arguments
    command=(java)
    read -r -a jvm <<<"$kafka_jvm"
    # Java expands the star itself; the shell must not.
    command+=("${jvm[@]}" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$lib/*" "$@")
}

server_ports() { printf '%s %s\n' "$kafka_port" "$kafka_controller_port"; }

server_endpoint() { printf '127.0.0.1:%s\n' "$kafka_port"; }

server_check() {
    [[ -f $lib/.pom.xml ]] && command -v java kcat >/dev/null
}

server_prepare() {
    # One partition for each internal topic and no wait for further group members: both are paid
    # for by every test that uses a consumer group.
    cat >"$dir/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$kafka_controller_port
listeners=PLAINTEXT://127.0.0.1:$kafka_port,CONTROLLER://127.0.0.1:$kafka_controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$kafka_port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$dir/data
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
${WEIR_KAFKA_PROPERTIES:-}
END
    # The data folder is formatted once; a killed format leaves no meta.properties.
    if [[ ! -f $dir/data/meta.properties ]]; then
        local command=()
        rm -rf "$dir/data"
        kafka_java kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg \
            -c "$dir/server.properties"
        "${command[@]}"
    fi
}

server_command() {
    kafka_java kafka.Kafka "$dir/server.properties"
}

server_is_ready() {
    # The port answers before the broker has registered; metadata without a broker is no answer.
    kcat -b "127.0.0.1:$kafka_port" -L -m 2 2>/dev/null | grep -q '^  broker 1 at '
}
