"""Load only the used parts of cdktf's prebuilt provider bindings.

Usage, before the first import of cdktf or of a provider::

    import lazy_bindings

    lazy_bindings.install()
"""

from lazy_bindings._install import STOCK_VARIABLE, Status, install

__all__ = ["STOCK_VARIABLE", "Status", "install"]
