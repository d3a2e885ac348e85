# opensearch.sh -- one OpenSearch node, for tools/servers; the contract of such a file is at the top
# of kafka.sh, and all but the names is in elasticsearch.sh.
#
# WEIR_OPENSEARCH_PORT (19400), WEIR_OPENSEARCH_TRANSPORT_PORT (the next one) and
# WEIR_OPENSEARCH_JVM, the options of the JVM, can be set outside.
# shellcheck shell=bash disable=SC2034,SC2154

# shellcheck source=tools/dev/servers/elasticsearch.sh
source "$here/dev/servers/elasticsearch.sh"

elastic_node OpenSearch opensearch "${WEIR_OPENSEARCH_PORT:-19400}" \
    "${WEIR_OPENSEARCH_TRANSPORT_PORT:-}" "${WEIR_OPENSEARCH_JVM:-}"
