#!/usr/bin/env python3
"""The tests of Elasticsearch's sink and look-up, against a real OpenSearch."""
import os
import unittest

from serverlib import need

os.environ["WEIR_ELASTICSEARCH"] = need("opensearch")[0]

import test_elastic_lookup  # noqa: E402
import test_elastic_sink  # noqa: E402

test_elastic_lookup.CONNECTOR = test_elastic_sink.CONNECTOR = "opensearch"
ElasticLookup = test_elastic_lookup.ElasticLookup
ElasticSink = test_elastic_sink.ElasticSink

if __name__ == "__main__":
    import sys
    unittest.main(argv=sys.argv[:1], verbosity=2)
