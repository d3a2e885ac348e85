# clickhouse.sh -- one private ClickHouse server, for tools/servers; the contract of such a file is
# at the top of kafka.sh.
#
# WEIR_CLICKHOUSE_PORT (18123), where it speaks HTTP, and WEIR_CLICKHOUSE_TCP_PORT (the next one)
# can be set outside.  There are the user "default" without a password and "weir" with the password
# "weir".
# shellcheck shell=bash disable=SC2034,SC2154

clickhouse_port=${WEIR_CLICKHOUSE_PORT:-18123}
clickhouse_tcp_port=${WEIR_CLICKHOUSE_TCP_PORT:-$((clickhouse_port + 1))}

clickhouse_program() { PATH=$PATH:/usr/sbin command -v clickhouse-server; }

server_ports() { printf '%s %s\n' "$clickhouse_port" "$clickhouse_tcp_port"; }

server_endpoint() { printf '127.0.0.1:%s\n' "$clickhouse_port"; }

server_check() { clickhouse_program >/dev/null && command -v curl >/dev/null; }

clickhouse_user() { # NAME PASSWORD
    printf '<%s><password>%s</password><networks><ip>127.0.0.1</ip></networks>' "$1" "$2"
    printf '<profile>default</profile><quota>default</quota></%s>\n' "$1"
}

server_prepare() {
    # This version logs into files only.  The paths of folders must end in a slash.
    cat >"$dir/config.xml" <<END
<yandex>
  <logger><level>warning</level><log>$dir/log</log><errorlog>$dir/error.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>$clickhouse_port</http_port>
  <tcp_port>$clickhouse_tcp_port</tcp_port>
  <path>$dir/data/</path>
  <tmp_path>$dir/tmp/</tmp_path>
  <mark_cache_size>67108864</mark_cache_size>
  <users_config>users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <timezone>UTC</timezone>
</yandex>
END
    cat >"$dir/users.xml" <<END
<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage></default></profiles>
  <users>
    $(clickhouse_user default '')
    $(clickhouse_user weir weir)
  </users>
  <quotas><default><interval>
    <duration>3600</duration><queries>0</queries><errors>0</errors><result_rows>0</result_rows>
    <read_rows>0</read_rows><execution_time>0</execution_time>
  </interval></default></quotas>
</yandex>
END
    mkdir -p "$dir/data" "$dir/tmp"
}

server_command() {
    command=("$(clickhouse_program)" --config-file="$dir/config.xml")
}

server_is_ready() {
    [[ $(curl -s --noproxy '*' -m 2 "http://127.0.0.1:$clickhouse_port/ping") == Ok. ]]
}
