"""Papers of a case: what may be kept, where its content lies, who added it and who took it out of sight."""

from engine.documents.folder import PARTS, content, hash_of, keep, must_take_files, named, preview, sweep, whole_mb
from engine.documents.kept import Kept
from engine.documents.kinds import ACCEPTED, KINDS, PICTURES, clean_name, file_name
from engine.documents.model import Document, Photo, Use
from engine.documents.packing import Packed, contents, listed, pack, put_in, take_out, unpack
from engine.documents.rows import of_case, see
from engine.documents.verbs import attach, hide, keep_photo

__all__ = [
    "ACCEPTED",
    "KINDS",
    "PARTS",
    "PICTURES",
    "Document",
    "Kept",
    "Packed",
    "Photo",
    "Use",
    "attach",
    "clean_name",
    "content",
    "contents",
    "file_name",
    "hash_of",
    "hide",
    "keep",
    "keep_photo",
    "listed",
    "must_take_files",
    "named",
    "of_case",
    "pack",
    "preview",
    "put_in",
    "see",
    "sweep",
    "take_out",
    "unpack",
    "whole_mb",
]
