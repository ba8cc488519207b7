"""Process versions: check, play scenarios, publish, and the releases that instances run on."""

from engine.deploy.model import Release, ReleaseFile
from engine.deploy.releases import LoadedRelease, Releases, files_of, fingerprint, load, read_folder, store_release

__all__ = [
    "LoadedRelease",
    "Release",
    "ReleaseFile",
    "Releases",
    "files_of",
    "fingerprint",
    "load",
    "read_folder",
    "store_release",
]
