"""Folders of code -> zips that are equal, byte for byte, whenever the sources are equal.

The bytes do not depend on modification times, umask, the order in which the file system lists files, or the folder's
place. They do depend on the zlib that Python was built with: zlib-ng compresses differently.
"""

from stepdeploy.packaging.archive import Archive, function_archive
from stepdeploy.packaging.layer import layer_archive
from stepdeploy.packaging.requirements import Target

__all__ = ["Archive", "Target", "function_archive", "layer_archive"]
