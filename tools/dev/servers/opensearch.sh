# opensearch.sh -- one OpenSearch node, for tools/servers; the contract of such a file is at the top
# of kafka.sh.
#
# WEIR_OPENSEARCH_PORT (19400), WEIR_OPENSEARCH_TRANSPORT_PORT (the next one) and
# WEIR_OPENSEARCH_JVM, the options of the JVM, can be set outside.  The server is the bare one:
# no security, no modules such as scripts.
# shellcheck shell=bash disable=SC2034,SC2154

opensearch_port=${WEIR_OPENSEARCH_PORT:-19400}
opensearch_transport_port=${WEIR_OPENSEARCH_TRANSPORT_PORT:-$((opensearch_port + 1))}
opensearch_source=$here/dev/servers/OpenSearch.java
opensearch_jvm=${WEIR_OPENSEARCH_JVM:-"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
-XX:-UsePerfData -Xms64m -Xmx256m"}

server_ports() { printf '%s %s\n' "$opensearch_port" "$opensearch_transport_port"; }

server_endpoint() { printf '127.0.0.1:%s\n' "$opensearch_port"; }

server_check() {
    [[ -f $lib/.pom.xml ]] && command -v java curl >/dev/null
}

server_prepare() { mkdir -p "$dir/home"; }

server_command() {
    local jvm
    read -r -a jvm <<<"$opensearch_jvm"
    # Java expands the star itself; the shell must not.
    command=(java "${jvm[@]}" -Dopensearch.set.netty.runtime.available.processors=false
        -Dlog4j2.disable.jmx=true -cp "$lib/*" "$opensearch_source" "$dir/home"
        "$opensearch_port" "$opensearch_transport_port")
}

server_is_ready() {
    local url="http://127.0.0.1:$opensearch_port/_cluster/health?wait_for_status=yellow"
    curl -s -f --noproxy '*' -m 3 "$url&timeout=2s"
}
