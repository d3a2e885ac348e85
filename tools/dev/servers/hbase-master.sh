# hbase-master.sh -- HBase's master, a region server and ZooKeeper in one process, for
# tools/servers; the contract of such a file is at the top of kafka.sh.  Clients of weir talk to
# the REST server in front of it: hbase.sh.
#
# WEIR_HBASE_REST_PORT (18080) can be set outside; WEIR_HBASE_MASTER_PORT, WEIR_HBASE_REGION_PORT
# and WEIR_HBASE_ZOOKEEPER_PORT are the next three unless they are set; WEIR_HBASE_JVM are the
# options of each JVM.
# shellcheck shell=bash disable=SC2034,SC2154

hbase_rest_port=${WEIR_HBASE_REST_PORT:-18080}
hbase_master_port=${WEIR_HBASE_MASTER_PORT:-$((hbase_rest_port + 1))}
hbase_region_port=${WEIR_HBASE_REGION_PORT:-$((hbase_rest_port + 2))}
hbase_zookeeper_port=${WEIR_HBASE_ZOOKEEPER_PORT:-$((hbase_rest_port + 3))}
hbase_jvm=${WEIR_HBASE_JVM:-"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
-Xms64m -Xmx256m"}
lib=$cache/lib/hbase

server_ports() {
    printf '%s %s %s\n' "$hbase_master_port" "$hbase_region_port" "$hbase_zookeeper_port"
}

server_endpoint() { printf '127.0.0.1:%s\n' "$hbase_master_port"; }

server_check() {
    [[ -f $lib/.pom.xml ]] && command -v java >/dev/null
}

# Writes hbase-site.xml from lines of NAME=VALUE.
hbase_site() {
    local line
    printf '<configuration>\n'
    while read -r line; do
        printf '  <property><name>%s</name><value>%s</value></property>\n' "${line%%=*}" \
            "${line#*=}"
    done
    printf '</configuration>\n'
}

# What master and REST server both read.
hbase_common() {
    cat <<END
hbase.zookeeper.quorum=127.0.0.1
hbase.zookeeper.property.clientPort=$hbase_zookeeper_port
hbase.unsafe.stream.capability.enforce=false
END
}

hbase_logging() { # LEVEL: to standard output
    cat <<END
log4j.rootLogger=$1, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c: %m%n
END
}

hbase_java() { # class and arguments
    local package jvm
    read -r -a jvm <<<"$hbase_jvm"
    command=(java "${jvm[@]}")
    # It is older than the walls inside of Java.
    for package in java.lang java.nio java.net java.io java.util java.util.concurrent sun.nio.ch \
        jdk.internal.misc; do
        command+=(--add-opens "java.base/$package=ALL-UNNAMED")
    done
    # Java expands the star itself; the shell must not.
    command+=(--add-exports java.base/jdk.internal.misc=ALL-UNNAMED -cp "$dir/conf:$lib/*" "$@")
}

server_prepare() {
    mkdir -p "$dir/conf"
    # A start does not wait for more region servers; a stop does not ask a ZooKeeper again and
    # again that has stopped before it.
    { hbase_common; cat <<END; } | hbase_site >"$dir/conf/hbase-site.xml"
hbase.cluster.distributed=false
hbase.rootdir=file://$dir/data
hbase.tmp.dir=$dir/tmp
hbase.wal.provider=filesystem
hbase.master.hostname=localhost
hbase.regionserver.hostname=localhost
hbase.master.ipc.address=127.0.0.1
hbase.regionserver.ipc.address=127.0.0.1
hbase.master.port=$hbase_master_port
hbase.regionserver.port=$hbase_region_port
hbase.master.info.port=-1
hbase.regionserver.info.port=-1
hbase.zookeeper.property.clientPortAddress=127.0.0.1
hbase.master.wait.on.regionservers.maxtostart=1
hbase.master.wait.on.regionservers.interval=100
zookeeper.recovery.retry=0
END
    { hbase_logging WARN; cat <<END; } >"$dir/conf/log4j.properties"
log4j.logger.org.apache.hadoop.hbase.master.HMaster=INFO
END
}

server_command() { hbase_java org.apache.hadoop.hbase.master.HMaster start; }

# The port answers long before a table can be made.
server_is_ready() { grep -q 'Master has completed initialization' "$dir/log"; }
