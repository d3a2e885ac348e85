# hbase.sh -- HBase's REST server, what clients of weir talk to, for tools/servers; the contract of
# such a file is at the top of kafka.sh, and ports and options are told in hbase-master.sh, the
# server behind it: it is started, stopped and killed together with this one, or alone.
# shellcheck shell=bash disable=SC2034,SC2154

# shellcheck source=tools/dev/servers/hbase-master.sh
source "$here/dev/servers/hbase-master.sh"
server_parts=(hbase-master)

server_ports() { printf '%s\n' "$hbase_rest_port"; }

server_endpoint() { printf '127.0.0.1:%s\n' "$hbase_rest_port"; }

server_check() {
    [[ -f $lib/.pom.xml ]] && command -v java curl >/dev/null
}

server_prepare() {
    mkdir -p "$dir/conf"
    # It does not keep a request for minutes when the region server is away.
    { hbase_common; cat <<END; } | hbase_site >"$dir/conf/hbase-site.xml"
hbase.rest.host=127.0.0.1
hbase.rest.port=$hbase_rest_port
hbase.rest.info.port=-1
hbase.client.retries.number=2
hbase.client.pause=50
hbase.rpc.timeout=3000
hbase.client.operation.timeout=5000
END
    hbase_logging WARN >"$dir/conf/log4j.properties"
}

server_command() { hbase_java org.apache.hadoop.hbase.rest.RESTServer start; }

server_is_ready() {
    curl -s -f --noproxy '*' -m 3 -H 'Accept: application/json' "http://127.0.0.1:$hbase_rest_port/"
}
