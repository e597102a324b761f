"""A snapshot as one text file a test, so that a change reads like any other in a review."""

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class TextExtension(SingleFileSnapshotExtension):
    """The text as it is, in `__snapshots__/<test file>/<test>.txt`."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"
