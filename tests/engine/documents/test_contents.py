"""What is taken and what is refused is told by the bytes; what lies in the folder is exactly what was given."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from engine import documents
from engine.config import DocumentsConfig
from engine.documents import Document
from engine.documents.bare import bare
from engine.documents.kinds import clean_name, file_name, kind_of
from engine.errors import Invalid, Unavailable

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def photo(
    kind: str = "JPEG", size: tuple[int, int] = (64, 32), colour: str = "red", turned: int | None = None
) -> bytes:
    picture, made = Image.new("RGB", size, colour), io.BytesIO()
    exif = Image.Exif()
    if turned:
        exif[0x0112] = turned
    picture.save(made, kind, exif=exif)
    return made.getvalue()


SECRETS = (b"114.0254", b"Xiaomi 14", b"Lin Xiaodong", b"a film behind it", b"GPS")


def from_a_phone(kind: str, turned: int) -> bytes:
    """A picture with everything a phone writes into one, and something behind its end."""
    picture, made = Image.effect_noise((64, 32), 80).convert("RGB"), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x013B] = turned, "Xiaomi 14", "Lin Xiaodong"
    exif.get_ifd(0x8825)[29] = "GPS 114.0254"
    more: dict[str, object] = {
        "exif": exif,
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    if kind == "JPEG":
        more |= {"comment": b"Xiaomi 14", "progressive": True}
    if kind == "PNG":
        more["pnginfo"] = PngInfo()
        more["pnginfo"].add_itxt("where", "114.0254")
    if kind == "WEBP":
        more |= {"xmp": b"<x>114.0254</x>", "lossless": True}
    picture.save(made, kind, **more)
    return made.getvalue() + b"a film behind it"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turned", [1, 6])
def test_nothing_tells_where_and_by_whom_a_photo_was_taken(limits: DocumentsConfig, kind: str, turned: int) -> None:
    given = from_a_phone(kind, turned)
    kept = documents.keep(limits, "a.jpg", given)
    lying = (limits.folder / kept.sha256[:2] / kept.sha256).read_bytes()
    assert [secret for secret in SECRETS if secret in lying] == []
    assert all(secret in given for secret in SECRETS)
    with Image.open(io.BytesIO(given)) as before, Image.open(io.BytesIO(lying)) as after:
        assert after.tobytes() == before.tobytes()
        assert after.info["icc_profile"] == before.info["icc_profile"]
        assert after.getexif().get(0x0112, 1) == turned
        assert len(after.getexif()) == (turned != 1)
    assert documents.keep(limits, "b.jpg", lying).sha256 == kept.sha256  # bare already


def test_a_photo_of_every_pixel_a_phone_has_is_taken(tmp_path: Path) -> None:
    large = photo("JPEG", (9248, 6936))
    assert documents.keep(DocumentsConfig(folder=tmp_path), "64 MP.jpg", large).kind == "jpeg"


def test_a_photo_that_few_can_open_is_refused_with_what_to_do(limits: DocumentsConfig) -> None:
    with pytest.raises(Invalid) as refused:
        documents.keep(limits, "IMG_0001.HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
    assert "兼容性最佳" in refused.value.facts["words"]["zh"]


def office(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        for name in names:
            parts.writestr(name, "x")
    return made.getvalue()


def huge_png() -> bytes:
    """A few bytes that claim 40,000 × 40,000 pixels."""

    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = part(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(b"")) + part(b"IEND", b"")


@pytest.fixture
def limits(tmp_path: Path) -> DocumentsConfig:
    return DocumentsConfig(folder=tmp_path / "documents", max_bytes=200_000)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (photo("JPEG"), "jpeg"),
        (photo("PNG"), "png"),
        (photo("WEBP"), "webp"),
        (b"%PDF-1.7 ...", "pdf"),
        (office("[Content_Types].xml", "word/document.xml"), "docx"),
        (office("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        ("谢女士说：天花板发霉。".encode(), "text"),
        ("谢女士说：天花板发霉。".encode("gb18030"), "text"),
        (office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (office("evil.exe"), None),
        (b"PK\x03\x04 but no zip", None),
        (photo("GIF"), None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"  \n<!doctype html><script>1</script>", None),
        (b"\xef\xbb\xbf<html>", None),
        (b"MZ\x90\x00\x03", None),
        (b"\x7fELF\x02\x01\x01\x00", None),
        (b"   ", None),
    ],
)
def test_the_bytes_tell_what_it_is(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\漏水.jpg", "漏水.jpg"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("a\x00b\nc.txt", "abc.txt"),
        ("...", ""),
        ("长" * 200 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_a_name_is_only_a_text(written: str, shown: str) -> None:
    assert clean_name(written) == shown


def test_a_file_is_handed_out_under_an_ending_of_its_content() -> None:
    assert file_name("漏水.JPG", "jpeg") == "漏水.JPG"
    assert file_name("page.html", "text") == "page.html.txt"
    assert file_name("png", "png") == "png.png"


def test_a_content_is_kept_once_and_comes_back_byte_for_byte(limits: DocumentsConfig) -> None:
    data = bare(photo(), "jpeg", way_up=1)
    first, again = documents.keep(limits, "a.jpg", data), documents.keep(limits, "b.jpg", data)
    assert first.sha256 == again.sha256
    assert sorted(path.suffix for path in limits.folder.rglob("*") if path.is_file()) == ["", ".jpg"]
    assert documents.content(limits, Document(id=1, sha256=first.sha256)) == data


def test_a_preview_is_our_own_small_upright_jpeg(limits: DocumentsConfig) -> None:
    kept = documents.keep(limits, "p.jpg", photo(size=(2000, 500), turned=6))
    with Image.open(io.BytesIO(documents.preview(limits, Document(sha256=kept.sha256)))) as small:
        assert small.format == "JPEG"
        assert small.size == (180, 720)
        assert not small.getexif()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "document.empty"),
        (b"x" * 200_001, "document.too_large"),
        (b"<html></html>", "document.kind"),
        (photo()[:-40], "document.broken"),
        (b"\xff\xd8\xff nothing more", "document.broken"),
        (huge_png(), "document.broken"),
    ],
)
def test_what_is_refused_is_named_in_both_languages(limits: DocumentsConfig, data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        documents.keep(limits, "x/现场.jpg", data)
    assert refused.value.code == code
    assert refused.value.facts["words"]["zh"].startswith("现场.jpg：")
    assert refused.value.facts["words"]["en"].startswith("现场.jpg: ")
    assert not limits.folder.exists() or not list(limits.folder.rglob("*"))


def test_a_damaged_or_missing_file_is_said_and_never_handed_out(limits: DocumentsConfig) -> None:
    kept = documents.keep(limits, "a.txt", b"what was said")
    path = limits.folder / kept.sha256[:2] / kept.sha256
    path.write_bytes(b"what was not")
    with pytest.raises(Unavailable, match="damaged"):
        documents.content(limits, Document(id=1, sha256=kept.sha256))
    path.unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        documents.content(limits, Document(id=1, sha256=kept.sha256))


def test_a_sweep_finds_old_files_without_a_row(limits: DocumentsConfig) -> None:
    old, young = documents.keep(limits, "o.txt", b"old words"), documents.keep(limits, "y.txt", b"new words")
    path = limits.folder / old.sha256[:2] / old.sha256
    long_ago = (NOW - timedelta(days=3)).timestamp()
    os.utime(path, (long_ago, long_ago))
    os.utime(limits.folder / young.sha256[:2] / young.sha256, (NOW.timestamp(), NOW.timestamp()))
    assert _swept(limits, {}) == [("orphan", path)]
    assert path.exists()
    documents.keep(limits, "o.txt", b"old words")  # somebody sends it again: its row is about to come
    assert _swept(limits, {}) == []


def test_a_sweep_finds_what_is_missing_and_what_is_not_what_was_added(limits: DocumentsConfig) -> None:
    words, picture = documents.keep(limits, "w.txt", b"words"), documents.keep(limits, "p.jpg", photo())
    known = {words.sha256: "text", picture.sha256: "jpeg"}
    assert _swept(limits, known) == []
    path = limits.folder / words.sha256[:2] / words.sha256
    path.write_bytes(b"other words")
    small = limits.folder / picture.sha256[:2] / f"{picture.sha256}.preview.jpg"
    small.unlink()
    assert sorted(_swept(limits, known)) == [("damaged", path), ("missing", small)]


def _swept(limits: DocumentsConfig, known: dict[str, str]) -> list[tuple[str, Path]]:
    return [
        found
        for part in documents.PARTS
        for found in documents.sweep(
            limits, part, {name: kind for name, kind in known.items() if name.startswith(part)}, now=NOW
        )
    ]
