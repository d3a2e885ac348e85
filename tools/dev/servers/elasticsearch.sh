# elasticsearch.sh -- one Elasticsearch node, for tools/servers; the contract of such a file is at
# the top of kafka.sh.
#
# WEIR_ELASTICSEARCH_PORT (19200), WEIR_ELASTICSEARCH_TRANSPORT_PORT (the next one) and
# WEIR_ELASTICSEARCH_JVM, the options of the JVM, can be set outside.  The server is the bare one:
# no security, no modules such as scripts.
# shellcheck shell=bash disable=SC2034,SC2154

elasticsearch_port=${WEIR_ELASTICSEARCH_PORT:-19200}
elasticsearch_transport_port=${WEIR_ELASTICSEARCH_TRANSPORT_PORT:-$((elasticsearch_port + 1))}
elasticsearch_source=$here/dev/servers/Elasticsearch.java
elasticsearch_jvm=${WEIR_ELASTICSEARCH_JVM:-"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
-XX:-UsePerfData -Xms64m -Xmx256m"}

server_ports() { printf '%s %s\n' "$elasticsearch_port" "$elasticsearch_transport_port"; }

server_endpoint() { printf '127.0.0.1:%s\n' "$elasticsearch_port"; }

server_check() {
    [[ -f $lib/.pom.xml ]] && command -v java curl >/dev/null
}

server_prepare() { mkdir -p "$dir/home"; }

server_command() {
    local jvm
    read -r -a jvm <<<"$elasticsearch_jvm"
    # Java expands the star itself; the shell must not.
    command=(java "${jvm[@]}" -Des.set.netty.runtime.available.processors=false
        -Dlog4j2.disable.jmx=true -cp "$lib/*" "$elasticsearch_source" "$dir/home"
        "$elasticsearch_port" "$elasticsearch_transport_port")
}

server_is_ready() {
    local url="http://127.0.0.1:$elasticsearch_port/_cluster/health?wait_for_status=yellow"
    curl -s -f --noproxy '*' -m 3 "$url&timeout=2s"
}
