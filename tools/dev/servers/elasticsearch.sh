# elasticsearch.sh -- one Elasticsearch node, for tools/servers; the contract of such a file is at
# the top of kafka.sh.  OpenSearch is the same server by other names: opensearch.sh.
#
# WEIR_ELASTICSEARCH_PORT (19200), WEIR_ELASTICSEARCH_TRANSPORT_PORT (the next one) and
# WEIR_ELASTICSEARCH_JVM, the options of the JVM, can be set outside.  The server is the bare one:
# no security, no modules such as scripts.
# shellcheck shell=bash disable=SC2034,SC2154

elastic_node() { # CLASS PREFIX PORT [TRANSPORT_PORT [JVM]]
    elastic_class=$1
    elastic_prefix=$2
    elastic_port=$3
    elastic_transport_port=${4:-$(($3 + 1))}
    elastic_jvm=${5:-"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xms64m -Xmx256m"}
}

elastic_node Elasticsearch es "${WEIR_ELASTICSEARCH_PORT:-19200}" \
    "${WEIR_ELASTICSEARCH_TRANSPORT_PORT:-}" "${WEIR_ELASTICSEARCH_JVM:-}"

server_ports() { printf '%s %s\n' "$elastic_port" "$elastic_transport_port"; }

server_endpoint() { printf '127.0.0.1:%s\n' "$elastic_port"; }

server_check() {
    [[ -f $lib/.pom.xml ]] && command -v java curl >/dev/null
}

server_prepare() {
    mkdir -p "$dir/home"
    sed -e "s/org\.elasticsearch/org.${elastic_class,,}/; s/Elasticsearch/$elastic_class/g" \
        "$here/dev/servers/Elasticsearch.java" >"$dir/$elastic_class.java"
}

server_command() {
    local jvm
    read -r -a jvm <<<"$elastic_jvm"
    # Java expands the star itself; the shell must not.
    command=(java "${jvm[@]}" "-D$elastic_prefix.set.netty.runtime.available.processors=false"
        -Dlog4j2.disable.jmx=true -cp "$lib/*" "$dir/$elastic_class.java" "$dir/home"
        "$elastic_port" "$elastic_transport_port")
}

server_is_ready() {
    local url="http://127.0.0.1:$elastic_port/_cluster/health?wait_for_status=yellow"
    curl -s -f --noproxy '*' -m 3 "$url&timeout=2s"
}
