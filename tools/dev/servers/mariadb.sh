# mariadb.sh -- one private MariaDB server, for tools/servers; the contract of such a file is at the
# top of kafka.sh.
#
# WEIR_MARIADB_PORT (13306) and WEIR_MARIADB_OPTIONS, further options of mariadbd, can be set
# outside.  Besides root, who has no password, there are the user "weir" with the password "weir",
# who may do everything, and an empty database "weir".
# shellcheck shell=bash disable=SC2034,SC2154

mariadb_port=${WEIR_MARIADB_PORT:-13306}

server_ports() { printf '%s\n' "$mariadb_port"; }

server_endpoint() { printf '127.0.0.1:%s\n' "$mariadb_port"; }

server_check() {
    # mariadbd is in /usr/sbin, which is not in everybody's path.
    PATH=$PATH:/usr/sbin command -v mariadbd mariadb mariadb-install-db >/dev/null
}

server_prepare() {
    # Run at every start, before the first client is let in.
    cat >"$dir/init.sql" <<END
create database if not exists weir;
create user if not exists weir@'127.0.0.1' identified by 'weir';
grant all on *.* to weir@'127.0.0.1' with grant option;
END
    # A killed installation leaves nothing under the final name.
    if [[ ! -d $dir/data ]]; then
        rm -rf "$dir/data.new"
        mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$dir/data.new" \
            --auth-root-authentication-method=normal --skip-test-db
        mv "$dir/data.new" "$dir/data"
    fi
}

# --no-defaults counts as the first option only.  The socket's name is relative to the data folder:
# a whole path may be longer than a socket's may.  The log is given to the system at each commit
# but not forced to the disk, which outlives a killed server and does not slow the tests down.
server_command() {
    local options
    read -r -a options <<<"${WEIR_MARIADB_OPTIONS:-}"
    command=("$(PATH=$PATH:/usr/sbin command -v mariadbd)" --no-defaults --user="$(id -un)"
        --datadir="$dir/data" --socket=sock --pid-file="$dir/data/pid" --init-file="$dir/init.sql"
        --bind-address=127.0.0.1 --port="$mariadb_port" --skip-name-resolve
        --character-set-server=utf8mb4 --collation-server=utf8mb4_bin --default-time-zone=+00:00
        --performance-schema=OFF --innodb-buffer-pool-size=32M --innodb-log-file-size=16M
        --innodb-flush-log-at-trx-commit=2 "${options[@]}")
}

server_is_ready() {
    # A ping would also succeed where the user is refused.
    MYSQL_PWD=weir mariadb --no-defaults --protocol=tcp --connect-timeout=2 -h 127.0.0.1 \
        -P "$mariadb_port" -u weir -e 'select 1'
}
