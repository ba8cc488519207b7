"""Process versions: check, play scenarios, publish, and the releases that instances run on."""

from engine.deploy import scenarios
from engine.deploy.check import check_files, check_release
from engine.deploy.keywords import CATEGORY, UNSORTED, Keywords, Sorted, read_keywords
from engine.deploy.model import Release, ReleaseFile
from engine.deploy.publish import publish
from engine.deploy.releases import (
    LoadedRelease,
    Releases,
    contents_of,
    files_in_force,
    files_of,
    fingerprint,
    get_release,
    keep_contents,
    load,
    read_folder,
    recent_releases,
    release_before,
    store_release,
)
from engine.deploy.samples import Sample, close_sample, put_sample, waiting_samples
from engine.deploy.scenarios import Played, play, play_all, unvisited
from engine.deploy.verdict import Verdict, judge, ready

__all__ = [
    "CATEGORY",
    "UNSORTED",
    "Keywords",
    "LoadedRelease",
    "Played",
    "Release",
    "ReleaseFile",
    "Releases",
    "Sample",
    "Sorted",
    "Verdict",
    "check_files",
    "check_release",
    "close_sample",
    "contents_of",
    "files_in_force",
    "files_of",
    "fingerprint",
    "get_release",
    "judge",
    "keep_contents",
    "load",
    "play",
    "play_all",
    "publish",
    "put_sample",
    "read_folder",
    "read_keywords",
    "ready",
    "recent_releases",
    "release_before",
    "scenarios",
    "store_release",
    "unvisited",
    "waiting_samples",
]
