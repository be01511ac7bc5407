"""Static files as they are served: hashed, compressed, and naming each other by their hashes."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports of ES modules, so that a module and what it imports are of one age."""

    support_js_module_import_aggregation = True
