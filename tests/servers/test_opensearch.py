#!/usr/bin/env python3
"""The tests of Elasticsearch's sink, look-up and scan, against a real OpenSearch."""
import os
import unittest

from serverlib import need

os.environ["WEIR_ELASTICSEARCH"] = need("opensearch")[0]

import test_elastic_lookup  # noqa: E402
import test_elastic_scan  # noqa: E402
import test_elastic_sink  # noqa: E402

for module in (test_elastic_lookup, test_elastic_scan, test_elastic_sink):
    module.CONNECTOR = "opensearch"
test_elastic_scan.SERVER = "opensearch"
ElasticLookup = test_elastic_lookup.ElasticLookup
ElasticScan = test_elastic_scan.ElasticScan
ElasticSink = test_elastic_sink.ElasticSink

if __name__ == "__main__":
    import sys
    unittest.main(argv=sys.argv[:1], verbosity=2)
