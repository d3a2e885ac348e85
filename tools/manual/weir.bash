# Completion of weir for bash; installed as share/bash-completion/completions/weir.

# Names of running jobs: each has a socket.
_weir_jobs() {
    local socket
    for socket in "${XDG_RUNTIME_DIR:-/tmp/weir-$UID}"/weir/*.sock; do
        [[ -S $socket ]] && basename "$socket" .sock
    done
}

# What `weir help` knows: its topics, and the names that it lists for them.
_weir_topics() {
    local topic
    printf '%s\n' commands sql functions types connectors formats settings output keys prompt \
        profiles dialects test statements clauses windows joins
    for topic in sql connectors formats settings; do
        weir help "$topic" 2>/dev/null | sed -nE 's/^  ([A-Za-z][A-Za-z0-9_.-]*)(  .*)?$/\1/p'
    done
    weir help functions 2>/dev/null | grep '^  ' | grep -oE '[A-Za-z_][A-Za-z0-9_]+'
}

_weir_options() { # COMMAND: the options that it takes
    local job='--profile --data --until-end --parallelism --set --set-from --output --dialect'
    case $1 in
    run) printf '%s' "$job --name --metrics" ;;
    check) printf '%s' "$job --syntax --format" ;;
    explain) printf '%s' "$job --format --keys --diff --analyze" ;;
    test) printf '%s' "--shuffle --seed --format --profile --data --set --set-from --dialect" ;;
    ps | why) printf '%s' '--format' ;;
    stop | snapshot) printf '%s' '--format --timeout' ;;
    tap) printf '%s' '--rows --format' ;;
    metrics | help) ;;
    *) printf '%s' "$job -c -f --version --help" ;;
    esac
}

_weir_values() { # COMMAND OPTION: the values of an option; nothing where they are free
    case $1:$2 in
    explain:--format) printf '%s' 'text json dot mermaid flink' ;;
    check:--format) printf '%s' 'text json sarif' ;;
    test:--format) printf '%s' 'text tap junit' ;;
    *:--format) printf '%s' 'text json' ;;
    *:--output) printf '%s' 'table tableau csv tsv json jsonl changelog-json markdown line' ;;
    *:--dialect) printf '%s' 'blink flink' ;;
    *:--profile) printf '%s' 'local' ;;
    esac
}

# Keys of settings, each with its "=".
_weir_settings() {
    weir help settings 2>/dev/null | sed -nE 's/^  ([a-z][A-Za-z0-9_.-]*[A-Za-z0-9])(  .*)?$/\1=/p'
}

_weir() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands='run check explain test ps why tap stop snapshot metrics help'
    local command= word i files=no
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        [[ " $commands " == *" $word "* ]] && command=$word && break
    done
    COMPREPLY=()
    case $previous in
    --format | --output | --dialect)
        mapfile -t COMPREPLY < <(compgen -W "$(_weir_values "$command" "$previous")" -- "$current")
        return ;;
    --profile)
        mapfile -t COMPREPLY < <(compgen -W local -- "$current"
                                 compgen -f -X '!*.yaml' -- "$current"
                                 compgen -d -- "$current")
        return ;;
    --set-from)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return ;;
    --data)
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        return ;;
    --diff | -f)
        mapfile -t COMPREPLY < <(compgen -f -X '!*.sql' -- "$current"; compgen -d -- "$current")
        return ;;
    --set)
        # Behind the "=" it is a word of its own.
        mapfile -t COMPREPLY < <(compgen -W "$(_weir_settings)" -- "$current")
        [[ ${#COMPREPLY[@]} -eq 1 ]] && compopt -o nospace 2>/dev/null
        return ;;
    --parallelism | --name | --metrics | --keys | --seed | --rows | --timeout | -c)
        return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_weir_options "$command")" -- "$current")
        return
    fi
    case $command in
    '') mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current") ;;
    help) mapfile -t COMPREPLY < <(compgen -W "$(_weir_topics)" -- "$current") ;;
    ps | why | tap | stop | snapshot | metrics)
        mapfile -t COMPREPLY < <(compgen -W "$(_weir_jobs)" -- "$current") ;;
    *) files=yes ;;
    esac
    [[ $files == no ]] ||
        mapfile -t COMPREPLY < <(compgen -f -X '!*.sql' -- "$current"; compgen -d -- "$current")
}
complete -o filenames -F _weir weir
